//! The rules of ARCHITECTURE.md that a machine can check: levels, owners of a technology, and what must
//! never reach the browser.

use std::{
    collections::{BTreeMap, HashSet},
    path::Path,
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Crates by level; one may use lower levels only.
const LEVELS: [&[&str]; 5] = [
    &["domain", "knative"],
    &["archive", "bus", "egress", "oci", "runtimes", "sandbox", "storage", "store", "telemetry"],
    &["builder", "cluster", "operator", "platform"],
    &["app"],
    &["frontend", "server"],
];

/// Tools beside the product: they may use what they measure or build.
const TOOLS: [&str; 2] = ["xtask", "bench"];

/// A technology and the one crate that may name it.
const OWNERS: [(&str, &[&str]); 7] = [
    ("regex", &["cluster"]),
    ("sqlx", &["store"]),
    ("lapin", &["bus"]),
    ("object_store", &["storage"]),
    ("redb", &["bus", "cluster"]),
    ("landlock", &["sandbox"]),
    ("openidconnect", &["server"]),
];

/// What the wasm build must not contain. `regex` is looked for in our own crates only: leptos_config names
/// it, and the linker leaves it out.
const NOT_IN_THE_BROWSER: [&str; 7] = ["tokio", "kube", "k8s-openapi", "sqlx", "lapin", "charming", "redb"];

/// Fails with every rule that is broken.
pub(crate) fn check(root: &Path) -> Result<()> {
    let mut broken = Vec::new();
    for (name, dependencies) in &direct_dependencies(root)? {
        broken.extend(levels(name, dependencies));
        broken.extend(owners(name, dependencies));
    }
    let wasm = wasm_packages(root)?;
    broken.extend(
        NOT_IN_THE_BROWSER
            .iter()
            .filter(|name| wasm.contains(**name))
            .map(|name| format!("the wasm build contains {name}")),
    );
    if !broken.is_empty() {
        bail!("dependency rules (ARCHITECTURE.md):\n  {}", broken.join("\n  "));
    }
    println!("dependency rules hold");
    Ok(())
}

fn level(name: &str) -> Option<usize> {
    LEVELS.iter().position(|crates| crates.contains(&name))
}

fn levels(name: &str, dependencies: &[String]) -> Vec<String> {
    if TOOLS.contains(&name) {
        return Vec::new();
    }
    let Some(own) = level(name) else {
        return vec![format!("{name} has no level; give it one in xtask/src/rules.rs and ARCHITECTURE.md")];
    };
    let not_lower = |used: &&String| level(used).is_some_and(|level| level >= own);
    // `frontend` and `server` are the entry points of `app`'s two builds.
    dependencies.iter().filter(not_lower).map(|used| format!("{name} (level {own}) uses {used}")).collect()
}

fn owners(name: &str, dependencies: &[String]) -> Vec<String> {
    let foreign = |used: &&String| OWNERS.iter().any(|(crate_, by)| used == crate_ && !by.contains(&name));
    dependencies
        .iter()
        .filter(foreign)
        .map(|used| format!("{name} uses {used}, which is not its technology"))
        .collect()
}

/// Names of the normal dependencies of each workspace crate; those of tests are free.
fn direct_dependencies(root: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let text = cargo(root, &["metadata", "--format-version", "1", "--no-deps"])?;
    let metadata: Value = serde_json::from_str(&text)?;
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let normal = |package: &Value| -> Vec<String> {
        let all = package["dependencies"].as_array().into_iter().flatten();
        all.filter(|dependency| dependency["kind"].is_null()).map(name).collect()
    };
    Ok(packages.iter().map(|package| (name(package), normal(package))).collect())
}

fn wasm_packages(root: &Path) -> Result<HashSet<String>> {
    let target = "wasm32-unknown-unknown";
    let text = cargo(
        root,
        &["tree", "-p", "frontend", "--target", target, "-e", "normal,no-proc-macro", "--prefix", "none"],
    )?;
    Ok(text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect())
}

fn cargo(root: &Path, words: &[&str]) -> Result<String> {
    let cargo = Command::new(env!("CARGO")).args(words).current_dir(root).output()?;
    if !cargo.status.success() {
        bail!("cargo {}: {}", words.join(" "), String::from_utf8_lossy(&cargo.stderr));
    }
    Ok(String::from_utf8(cargo.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_of_the_same_level_is_refused() {
        assert_eq!(levels("operator", &["cluster".to_owned()]), ["operator (level 2) uses cluster"]);
        assert!(levels("operator", &["bus".to_owned(), "serde".to_owned()]).is_empty());
        assert_eq!(levels("novelty", &[]).len(), 1);
    }

    #[test]
    fn a_technology_outside_its_owner_is_refused() {
        assert_eq!(owners("platform", &["sqlx".to_owned()]).len(), 1);
        assert!(owners("store", &["sqlx".to_owned()]).is_empty());
    }
}
