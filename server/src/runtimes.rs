//! The languages of this machine, with code to start from.

use domain::function::{Language, RuntimeOption};
use sandbox::{Interpreter, Toolchain};

/// What the create form offers.
pub(crate) fn options(toolchain: &Toolchain) -> Vec<RuntimeOption> {
    Language::ALL.into_iter().map(|language| option(language, toolchain)).collect()
}

fn option(language: Language, toolchain: &Toolchain) -> RuntimeOption {
    let (found, missing): (Option<&Interpreter>, &str) = match language {
        Language::Python => (toolchain.python.as_ref(), "there is no python3 on this machine"),
        Language::Nodejs => (toolchain.node.as_ref(), "there is no node on this machine"),
        Language::Go => (None, "this version does not build Go yet"),
    };
    let (sample, sample_dependencies) = match language {
        Language::Python => {
            (include_str!("samples/main.py"), "# one package a line, for example: requests==2.32.3\n")
        }
        Language::Nodejs => (include_str!("samples/main.js"), "{\n  \"dependencies\": {}\n}\n"),
        Language::Go => (include_str!("samples/main.go"), "module function\n\ngo 1.22\n"),
    };
    RuntimeOption {
        language,
        version: found.map(|found| found.version.clone()),
        unavailable: found.is_none().then(|| missing.to_owned()),
        sample: sample.to_owned(),
        sample_dependencies: sample_dependencies.to_owned(),
    }
}
