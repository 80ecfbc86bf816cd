//! Language and handler, guessed from the files.

use std::collections::BTreeMap;

use domain::function::Language;

/// Texts of the source files at the top, by path.
pub(crate) type Texts = BTreeMap<String, String>;

/// Whether the text of this file helps to guess.
pub(crate) fn is_source(path: &str) -> bool {
    let ends = |end: &str| path.ends_with(end);
    ends(".py") || ends(".js") || ends(".mjs") || ends(".cjs") || ends("package.json")
}

/// `module.function`, if a function is found that looks like a handler.
pub(crate) fn handler(language: Language, texts: &Texts) -> Option<String> {
    let (endings, first): (&[&str], &[&str]) = match language {
        Language::Python => (&[".py"], &["main", "handler", "app", "lambda_function", "function"]),
        Language::Nodejs => (&[".js", ".mjs", ".cjs"], &["main", "index", "handler", "app", "function"]),
        Language::Go => return None,
    };
    let module_of = |path: &str| {
        let module = endings.iter().find_map(|ending| path.strip_suffix(ending))?;
        let plain = module.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/'));
        plain.then(|| module.to_owned())
    };
    let mut modules: Vec<(String, &str)> =
        texts.iter().filter_map(|(path, text)| Some((module_of(path)?, text.as_str()))).collect();
    let entry = entry_point(language, texts);
    let rank = |module: &str| {
        let known = first.iter().position(|name| *name == module).unwrap_or(first.len());
        (entry.as_deref() != Some(module), known, module.matches('/').count(), module.len())
    };
    modules.sort_by_key(|(module, _)| rank(module));
    let find =
        |name: &str| modules.iter().find(|(_, text)| defines(language, text, name)).map(|(module, _)| module);
    ["handler", "lambda_handler", "handle", "main"]
        .into_iter()
        .find_map(|name| find(name).map(|module| format!("{module}.{name}")))
}

/// `main` of `package.json`, without its ending.
fn entry_point(language: Language, texts: &Texts) -> Option<String> {
    if language != Language::Nodejs {
        return None;
    }
    let package: serde_json::Value = serde_json::from_str(texts.get("package.json")?).ok()?;
    let main = package.get("main")?.as_str()?.trim_start_matches("./");
    let module = [".js", ".mjs", ".cjs"].iter().find_map(|ending| main.strip_suffix(ending)).unwrap_or(main);
    Some(module.to_owned())
}

fn defines(language: Language, text: &str, name: &str) -> bool {
    let begins = |line: &str, start: &str| {
        line.strip_prefix(start)
            .and_then(|rest| rest.trim_start().strip_prefix(name))
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    text.lines().any(|line| match language {
        Language::Python => {
            ["def ", "async def "].iter().any(|start| begins(line, start)) || begins(line, "")
        }
        _ => {
            let line = line.trim_start();
            [
                "exports.",
                "module.exports.",
                "export function ",
                "export async function ",
                "export const ",
                "export let ",
            ]
            .iter()
            .any(|start| begins(line, start))
                || line.strip_prefix("module.exports").is_some_and(|rest| mentions(rest, name))
                || line.strip_prefix("export {").is_some_and(|rest| mentions(rest, name))
        }
    })
}

fn mentions(text: &str, name: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(files: &[(&str, &str)]) -> Texts {
        files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn the_handler_is_found_where_people_put_it() {
        let python = |files| handler(Language::Python, &texts(files));
        assert_eq!(python(&[("main.py", "def handler(event):\n    pass")]).as_deref(), Some("main.handler"));
        assert_eq!(
            python(&[("app.py", "import x\n\nasync def lambda_handler(e, c): ...")]).as_deref(),
            Some("app.lambda_handler")
        );
        assert_eq!(python(&[("main.py", "def handler_of(x): ...")]), None);
        let node = |files| handler(Language::Nodejs, &texts(files));
        assert_eq!(
            node(&[("index.js", "exports.handler = async () => 1")]).as_deref(),
            Some("index.handler")
        );
        assert_eq!(
            node(&[("main.mjs", "export async function handler(e) {}")]).as_deref(),
            Some("main.handler")
        );
        assert_eq!(
            node(&[
                ("package.json", r#"{"main": "./src/run.js"}"#),
                ("index.js", "exports.handler = 1"),
                ("src/run.js", "module.exports = { handler }")
            ])
            .as_deref(),
            Some("src/run.handler")
        );
    }
}
