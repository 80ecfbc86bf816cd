//! What a page may weigh, compressed, with an empty cache.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result, ensure};

/// The HTML of a full list page (50 rows), measured by the browser tests; set aside here.
const HTML: u64 = 12_000;
// The goals of ux.md W-01.
const FIRST_PAGE: u64 = 200_000;
const WASM: u64 = 130_000;
const EDITOR: u64 = 350_000;

pub(crate) fn check(root: &Path) -> Result<()> {
    let web = root.join("web");
    let manifest = fs::read(web.join("manifest.json")).context("run `setup/xtask.sh web --release` first")?;
    let names: BTreeMap<String, String> = serde_json::from_slice(&manifest)?;
    let size = |logical: &str| -> Result<u64> {
        let name = names.get(logical).with_context(|| format!("{logical} is not in the manifest"))?;
        let packed = web.join(format!("{name}.br"));
        let path = if logical.ends_with(".woff2") { web.join(name) } else { packed };
        Ok(fs::metadata(&path).with_context(|| format!("{} is missing", path.display()))?.len())
    };
    let mut first = HTML;
    for name in ["main.css", "boot.js", "app.js", "app_bg.wasm", "fonts-geist.woff2", "favicon.svg"] {
        let bytes = size(name)?;
        println!("{bytes:>8}  {name}");
        first += bytes;
    }
    let within = |what: &str, bytes: u64, most: u64| {
        println!("{bytes:>8}  of {most:>7}  {what}");
        bytes <= most
    };
    let fits = [
        within("wasm", size("app_bg.wasm")?, WASM),
        within("first list page", first, FIRST_PAGE),
        within("editor, only on its pages", size("editor.js")?, EDITOR),
    ];
    ensure!(fits.iter().all(|fits| *fits), "over budget");
    Ok(())
}
