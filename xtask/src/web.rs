//! `setup/xtask.sh web`: everything into `web/`.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};

use crate::{bundle::Bundle, cache::Cache, editor, styles, wasm};

pub(crate) fn build(root: &Path, release: bool) -> Result<()> {
    let cache = Cache::open(root.join("target/xtask/cache"))?;
    let mut bundle = Bundle::default();

    let mut hashed = BTreeMap::new();
    let public = root.join("public");
    for entry in walkdir::WalkDir::new(&public).sort_by_file_name() {
        let entry = entry?;
        if !entry.file_type().is_file() {
            continue;
        }
        let path = entry.path().strip_prefix(&public)?.to_string_lossy().into_owned();
        let name = path.replace('/', "-");
        hashed.insert(path, bundle.add(&name, fs::read(entry.path())?));
    }
    bundle.add("main.css", styles::build(root, &hashed)?.into_bytes());
    let editor = bundle.add("editor.js", editor::build(root, &cache)?);

    let wasm = wasm::build(root, &cache, release)?;
    let small = |script: &str| -> Result<Vec<u8>> {
        if release { editor::minify(root, &cache, script) } else { Ok(script.as_bytes().to_vec()) }
    };
    let module = bundle.add("app_bg.wasm", wasm.module);
    let script = bundle.add("app.js", small(&wasm.script)?);
    let boot = fs::read_to_string(root.join("app/boot.js")).context("app/boot.js")?;
    let boot = boot.replace("APP_JS", &script).replace("APP_WASM", &module).replace("EDITOR_JS", &editor);
    bundle.add("boot.js", small(&boot)?);

    bundle.write(&root.join("web"), &cache, release)
}
