//! Code in the manifest: one file, and a dependency file.

use std::fs;
use std::path::Path;

use domain::build::FailureCategory;
use domain::function::{InlineSource, Language};
use serde_json::{Value, json};

use crate::failure::{Failure, OrInternal, Result};

pub(super) fn write(language: Language, source: &InlineSource, workspace: &Path) -> Result<()> {
    let dependencies = source.dependencies.as_deref().filter(|text| !text.trim().is_empty());
    let mut main = language.main_file();
    let mut manifest = None;
    if let Some(text) = dependencies {
        manifest = Some(match language {
            Language::Nodejs => package_json(text)?,
            Language::Python | Language::Go => text.to_owned(),
        });
    }
    if language == Language::Nodejs && is_module(&source.code) && !says_type(manifest.as_deref()) {
        main = "main.mjs";
    }
    fs::write(workspace.join(main), &source.code).or_internal("The workspace cannot be written")?;
    if let Some(text) = manifest {
        fs::write(workspace.join(language.dependency_file()), text)
            .or_internal("The workspace cannot be written")?;
    }
    Ok(())
}

/// A whole `package.json`, or its `dependencies` alone.
fn package_json(text: &str) -> Result<String> {
    let wrong = |why: String| {
        Failure::new(FailureCategory::DependencyError, format!("The dependencies are not JSON: {why}."))
    };
    let value: Value = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let Value::Object(fields) = &value else { return Err(wrong("an object is expected".to_owned())) };
    let whole = fields.values().any(|value| !value.is_string()) || fields.contains_key("type");
    Ok(if whole { text.to_owned() } else { json!({"private": true, "dependencies": value}).to_string() })
}

fn says_type(manifest: Option<&str>) -> bool {
    let value = manifest.and_then(|text| serde_json::from_str::<Value>(text).ok());
    value.is_some_and(|value| value.get("type").is_some())
}

/// Whether the code has statements that only an ES module may have.
fn is_module(code: &str) -> bool {
    code.lines().any(|line| {
        let import =
            line.strip_prefix("import").is_some_and(|rest| rest.starts_with([' ', '{', '*', '"', '\'']));
        import || line.starts_with("export ") || line.starts_with("export{")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(code: &str, dependencies: Option<&str>) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let source = InlineSource { code: code.into(), dependencies: dependencies.map(str::to_owned) };
        write(Language::Nodejs, &source, folder.path()).unwrap();
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn node_code_gets_the_ending_of_its_module_system() {
        assert_eq!(written("exports.handler = () => import('x')", None), ["main.js"]);
        assert_eq!(written("export const handler = 1", None), ["main.mjs"]);
        assert_eq!(
            written("export const handler = 1", Some(r#"{"type": "module"}"#)),
            ["main.js", "package.json"]
        );
        assert_eq!(written("import x from 'x'", Some(r#"{"x": "1"}"#)), ["main.mjs", "package.json"]);
    }

    #[test]
    fn a_list_of_dependencies_becomes_a_package_json() {
        let value: Value = serde_json::from_str(&package_json(r#"{"is-number": "7.0.0"}"#).unwrap()).unwrap();
        assert_eq!(value["dependencies"]["is-number"], "7.0.0");
        assert!(package_json("is-number==7").is_err());
    }
}
