//! The languages as the create form offers them: which ones this machine has, and code to start from.
//!
//! A crate of its own because the platform offers them and the builder's tests build them. To add a
//! language: its files in `samples/`, an arm in [`sample`] and in [`options`].

use domain::function::{Language, RuntimeOption};

/// Versions of the interpreters that were found on this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// `python3`
    pub python: Option<String>,
    /// `node`
    pub nodejs: Option<String>,
}

/// Working code, and the dependency file beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The handler's file.
    pub code: &'static str,
    /// The dependency file; `package.json` for node.
    pub dependencies: &'static str,
}

/// What a new function of that language starts from; `None` for one that cannot be built yet.
pub const fn sample(language: Language) -> Option<Sample> {
    match language {
        Language::Python => Some(Sample {
            code: include_str!("samples/main.py"),
            dependencies: include_str!("samples/requirements.txt"),
        }),
        Language::Nodejs => Some(Sample {
            code: include_str!("samples/main.js"),
            dependencies: include_str!("samples/package.json"),
        }),
        Language::Go => None,
    }
}

/// Every language in the order of the form, with the reason why one cannot be used here.
pub fn options(found: &Found) -> Vec<RuntimeOption> {
    let option = |language| {
        let (version, unavailable) = match language {
            Language::Python => {
                (found.python.clone(), "Python 3 was not found on this machine: install python3 with pip.")
            }
            Language::Nodejs => {
                (found.nodejs.clone(), "Node.js was not found on this machine: install node with npm.")
            }
            Language::Go => (None, "Go functions cannot be built by this version."),
        };
        let sample = sample(language).unwrap_or(Sample { code: "", dependencies: "" });
        RuntimeOption {
            language,
            unavailable: version.is_none().then(|| unavailable.to_owned()),
            version,
            sample: sample.code.to_owned(),
            sample_dependencies: sample.dependencies.to_owned(),
        }
    };
    Language::ALL.into_iter().map(option).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_that_is_missing_says_why_and_the_others_have_a_sample() {
        let options = options(&Found { python: Some("3.11.7".to_owned()), nodejs: None });
        let [python, nodejs, go] = options.as_slice() else { panic!("{options:?}") };
        assert_eq!((python.version.as_deref(), python.unavailable.as_deref()), (Some("3.11.7"), None));
        assert!(nodejs.unavailable.as_deref().is_some_and(|reason| reason.contains("install node")));
        assert!(go.unavailable.is_some());
        assert!(python.sample.contains("def handler(") && nodejs.sample.contains("exports.handler"));
    }
}
