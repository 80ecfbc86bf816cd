//! The code editor: CodeMirror, bundled by esbuild from `app/editor/`.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};

use crate::cache::Cache;

/// One ES module; loaded only on pages that have an editor.
pub(crate) fn build(root: &Path, cache: &Cache) -> Result<Vec<u8>> {
    let folder = root.join("app/editor");
    let mut input = Vec::new();
    for file in ["package.json", "package-lock.json"] {
        input.extend(fs::read(folder.join(file))?);
    }
    for entry in walkdir::WalkDir::new(folder.join("src")).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() {
            input.extend(fs::read(entry.path())?);
        }
    }
    cache.get("editor", &input, || {
        println!("web: bundling the editor");
        install(&folder)?;
        run(Command::new("npm").args(["run", "--silent", "build"]).current_dir(&folder))
    })
}

/// Makes JavaScript small; needs the packages of the editor for esbuild.
pub(crate) fn minify(root: &Path, cache: &Cache, script: &str) -> Result<Vec<u8>> {
    let folder = root.join("app/editor");
    cache.get("min", script.as_bytes(), || {
        install(&folder)?;
        let file = format!("./node_modules/.minify-{}.js", std::process::id());
        let path = folder.join(&file);
        fs::write(&path, script)?;
        let args = ["--no-install", "esbuild", "--minify", "--format=esm", "--target=es2022"];
        // As seen from the folder that it runs in: the root may be a relative path.
        let made = run(Command::new("npx").args(args).arg(&file).current_dir(&folder));
        fs::remove_file(&path)?;
        made
    })
}

fn install(folder: &Path) -> Result<()> {
    if folder.join("node_modules/.bin/esbuild").exists() {
        return Ok(());
    }
    println!("web: npm ci in {}", folder.display());
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--silent"]).current_dir(folder)).map(drop)
}

fn run(command: &mut Command) -> Result<Vec<u8>> {
    let out = command.output().with_context(|| format!("cannot run {command:?}; is npm installed?"))?;
    ensure!(out.status.success(), "{command:?} failed:\n{}", String::from_utf8_lossy(&out.stderr));
    Ok(out.stdout)
}
