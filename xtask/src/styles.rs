//! `style/main.scss` to one small CSS file.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Result, anyhow};
use lightningcss::{
    printer::PrinterOptions,
    stylesheet::{MinifyOptions, ParserOptions, StyleSheet},
    targets::{Browsers, Targets},
};

/// Compiles and minifies; `url(name)` of a file in `public/` becomes its hashed name.
pub(crate) fn build(root: &Path, hashed: &BTreeMap<String, String>) -> Result<String> {
    let css = grass::from_path(root.join("style/main.scss"), &grass::Options::default())
        .map_err(|error| anyhow!("style: {error}"))?;
    let mut sheet = StyleSheet::parse(&css, ParserOptions::default())
        .map_err(|error| anyhow!("style: {error} in the compiled CSS"))?;
    // Two years back; `light-dark()` and nesting are native from then on.
    let version = |major: u32| Some(major << 16);
    let browsers = Browsers {
        chrome: version(123),
        edge: version(123),
        firefox: version(120),
        safari: version(17),
        ..Browsers::default()
    };
    let targets = Targets::from(browsers);
    sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() })?;
    let out = sheet.to_css(PrinterOptions { minify: true, targets, ..PrinterOptions::default() })?;
    Ok(hashed.iter().fold(out.code, |css, (name, to)| css.replace(&format!("/public/{name}"), to)))
}
