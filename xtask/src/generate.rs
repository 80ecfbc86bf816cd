//! Files that are made from the code and kept in the repository, so that a change of them is seen in review.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};

/// What the binary prints, and where it stands.
const FILES: [(&[&str], &str); 2] =
    [(&["crds"], "deploy/crds/lambda.knative.io.yaml"), (&["config"], "docs/operators/configuration.toml")];

/// Writes the files, or with `check` fails when one of them would change.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let mut stale = Vec::new();
    for (words, path) in FILES {
        let text = printed(root, words)?;
        let file = root.join(path);
        if fs::read_to_string(&file).unwrap_or_default() == text {
            continue;
        }
        if check {
            stale.push(path);
        } else {
            fs::create_dir_all(file.parent().context("a file stands in a folder")?)?;
            fs::write(&file, text)?;
            println!("wrote {path}");
        }
    }
    if !stale.is_empty() {
        bail!("out of date: {}; run make generate", stale.join(", "));
    }
    Ok(())
}

fn printed(root: &Path, words: &[&str]) -> Result<String> {
    // The same choice of packages as in the Makefile, whose compiled dependencies are used again.
    let build = ["build", "--quiet", "--workspace", "--exclude", "frontend", "--bin", "knative-lambda"];
    if !Command::new("cargo").args(build).current_dir(root).status()?.success() {
        bail!("the server does not compile");
    }
    let output =
        Command::new(std::env::current_exe()?.with_file_name("knative-lambda")).args(words).output()?;
    if !output.status.success() {
        bail!("knative-lambda {}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}
