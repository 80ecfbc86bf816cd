//! `frontend` to wasm and its JavaScript bindings.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::cache::Cache;

/// The bindings (`app.js`) and the module (`app_bg.wasm`).
pub(crate) struct Wasm {
    pub(crate) script: String,
    pub(crate) module: Vec<u8>,
}

pub(crate) fn build(root: &Path, cache: &Cache, release: bool) -> Result<Wasm> {
    let input = fs::read(compile(root, release)?)?;
    let kind = |part: &str| format!("bindgen-{part}{}", if release { "-release" } else { "" });
    // Both parts come out of one run; the second call finds what the first one left here.
    let mut made: Option<Wasm> = None;
    let script = cache.get(&kind("js"), &input, || {
        let out = bind(root, &input, release)?;
        let script = out.script.clone().into_bytes();
        made = Some(out);
        Ok(script)
    })?;
    let module = cache.get(&kind("wasm"), &input, || match made.take() {
        Some(out) => Ok(out.module),
        None => Ok(bind(root, &input, release)?.module),
    })?;
    Ok(Wasm { script: String::from_utf8(script)?, module })
}

/// Runs cargo and answers where it put the module.
fn compile(root: &Path, release: bool) -> Result<PathBuf> {
    let profile = if release { "web" } else { "dev" };
    let mut command = Command::new("cargo");
    command
        .args(["build", "-p", "frontend", "--target", "wasm32-unknown-unknown", "--profile", profile])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(root)
        .stderr(Stdio::inherit());
    let out = command.output().context("cannot run cargo")?;
    ensure!(out.status.success(), "frontend does not build");
    String::from_utf8(out.stdout)?
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact" && message["target"]["name"] == "frontend")
        .flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default())
        .filter_map(|name| name.as_str().map(PathBuf::from))
        .find(|path| path.extension().is_some_and(|end| end == "wasm"))
        .context("cargo named no wasm file")
}

fn bind(root: &Path, input: &[u8], release: bool) -> Result<Wasm> {
    println!("web: binding {} kB of wasm", input.len() / 1000);
    let out = root.join(format!("target/xtask/bindgen-{}", std::process::id()));
    fs::create_dir_all(&out)?;
    Bindgen::new()
        .input_bytes("app", input.to_vec())
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(release)
        .remove_producers_section(true)
        .generate(&out)?;
    let script = fs::read_to_string(out.join("app.js"))?;
    let module = fs::read(out.join("app_bg.wasm"))?;
    // A snippet would be a second script with a fixed name, which nobody hashes.
    let snippets = out.join("snippets").exists();
    fs::remove_dir_all(&out)?;
    ensure!(!snippets, "a dependency brings inline JavaScript (wasm-bindgen snippets)");
    Ok(Wasm { script, module })
}
