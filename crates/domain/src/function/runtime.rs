//! `spec.runtime`: language, version and handler.

use serde::{Deserialize, Serialize};

/// A language that the platform can build and run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum Language {
    /// CPython 3.
    Python,
    /// Node.js.
    Nodejs,
    /// Go.
    Go,
}

impl Language {
    /// All, in the order of the form.
    pub const ALL: [Self; 3] = [Self::Python, Self::Nodejs, Self::Go];

    /// The name in manifests and URLs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Nodejs => "nodejs",
            Self::Go => "go",
        }
    }

    /// The name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::Nodejs => "Node.js",
            Self::Go => "Go",
        }
    }

    /// The language of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.as_str() == text)
    }

    /// File that holds an inline function's code.
    pub const fn main_file(self) -> &'static str {
        match self {
            Self::Python => "main.py",
            Self::Nodejs => "main.js",
            Self::Go => "main.go",
        }
    }

    /// File that names the dependencies.
    pub const fn dependency_file(self) -> &'static str {
        match self {
            Self::Python => "requirements.txt",
            Self::Nodejs => "package.json",
            Self::Go => "go.mod",
        }
    }

    /// Guesses from the files at the top of an archive.
    pub fn detect<'a>(files: impl IntoIterator<Item = &'a str> + Clone) -> Option<Self> {
        let has = |name: &str| files.clone().into_iter().any(|file| file == name);
        let ends =
            |end: &str| files.clone().into_iter().any(|file| file.ends_with(end) && !file.contains('/'));
        if has("package.json") || has("main.js") || has("main.mjs") || has("index.js") {
            Some(Self::Nodejs)
        } else if has("requirements.txt") || has("main.py") || has("pyproject.toml") {
            Some(Self::Python)
        } else if has("go.mod") || has("main.go") {
            Some(Self::Go)
        } else if ends(".py") {
            Some(Self::Python)
        } else if ends(".js") || ends(".mjs") {
            Some(Self::Nodejs)
        } else {
            None
        }
    }
}

/// What runs the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Runtime {
    /// Language.
    pub language: Language,
    /// Version, as far as the platform offers more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(regex(pattern = r"^[0-9a-zA-Z.-]{1,32}$")))]
    pub version: Option<String>,
    /// `<module>.<function>`.
    #[serde(default = "default_handler")]
    #[cfg_attr(
        feature = "kube",
        schemars(
            length(max = 255),
            regex(pattern = r"^[A-Za-z_][A-Za-z0-9_/-]*(\.[A-Za-z_][A-Za-z0-9_]*)+$")
        )
    )]
    pub handler: String,
}

fn default_handler() -> String {
    "main.handler".to_owned()
}

impl Runtime {
    /// The language with its default handler.
    pub fn of(language: Language) -> Self {
        Self { language, version: None, handler: default_handler() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_found_by_its_files() {
        let detect = |files: &[&str]| Language::detect(files.iter().copied());
        assert_eq!(detect(&["main.py", "lib/x.js"]), Some(Language::Python));
        assert_eq!(detect(&["package.json", "tools/x.py"]), Some(Language::Nodejs));
        assert_eq!(detect(&["handler.py"]), Some(Language::Python));
        assert_eq!(detect(&["README.md"]), None);
    }
}
