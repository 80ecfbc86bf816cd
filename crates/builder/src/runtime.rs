//! What differs between languages: dependencies, checks, the wrapper, the start command.

mod nodejs;
mod python;
mod workspace;

use std::path::{Path, PathBuf};

use domain::build::FailureCategory;
use domain::function::Language;
use oci::layer::Entry;
use sandbox::Interpreter;
use serde::Deserialize;

use crate::assemble::{ROOT, RUNTIME};
use crate::cache::Key;
use crate::failure::{Failure, Result};
use crate::log::Log;
use crate::process::{Finished, Tools};

/// A language that can be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runtime {
    Python,
    Nodejs,
}

/// What was installed.
pub(crate) struct Installed {
    /// The folder with it.
    pub(crate) folder: PathBuf,
    /// The same modules compiled, where the language has such a thing.
    pub(crate) compiled: Option<PathBuf>,
    /// Where both belong, relative to `/function`.
    pub(crate) place: &'static str,
}

/// Everything that a step of a language works with.
pub(crate) struct Context<'a> {
    pub(crate) tools: &'a Tools,
    pub(crate) interpreter: &'a Interpreter,
    pub(crate) workspace: &'a Path,
    /// An empty folder of its own, which the sandbox may write to.
    pub(crate) scratch: &'a Path,
    pub(crate) log: &'a Log,
}

impl Runtime {
    pub(crate) fn of(language: Language) -> Option<Self> {
        match language {
            Language::Python => Some(Self::Python),
            Language::Nodejs => Some(Self::Nodejs),
            Language::Go => None,
        }
    }

    pub(crate) const fn language(self) -> Language {
        match self {
            Self::Python => Language::Python,
            Self::Nodejs => Language::Nodejs,
        }
    }

    /// What the dependencies depend on; `None` when there are none.
    pub(crate) fn key(self, workspace: &Path, interpreter: &Interpreter) -> Result<Option<Key>> {
        match self {
            Self::Python => python::key(workspace, interpreter),
            Self::Nodejs => nodejs::key(workspace, interpreter),
        }
    }

    /// Installs them below `scratch`.
    pub(crate) async fn install(self, context: &Context<'_>) -> Result<Installed> {
        match self {
            Self::Python => python::install(context).await,
            Self::Nodejs => nodejs::install(context).await,
        }
    }

    /// Reads every source file without running it, and looks for the handler. The answer is a folder with
    /// the compiled modules, where the language has such a thing.
    pub(crate) async fn check(self, context: &Context<'_>, handler: &str) -> Result<Option<PathBuf>> {
        match self {
            Self::Python => python::check(context, handler).await.map(Some),
            Self::Nodejs => nodejs::check(context, handler).await.map(|()| None),
        }
    }

    /// The wrapper's files, as they go into an image.
    pub(crate) async fn wrapper(self, context: &Context<'_>) -> Result<Vec<Entry>> {
        let file = |(name, text): &(&str, &str)| Entry::bytes(format!("{ROOT}/{RUNTIME}/{name}"), *text);
        let mut entries: Vec<Entry> = self.wrapper_files().iter().map(file).collect();
        if self == Self::Python {
            entries.extend(python::compile_wrapper(context).await?);
        }
        Ok(entries)
    }

    /// What the wrapper's layer depends on.
    pub(crate) fn wrapper_key(self, interpreter: &Interpreter) -> Key {
        let mut key = Key::new(self.language().as_str(), &interpreter.version);
        for (name, text) in self.wrapper_files() {
            key.add(name, text.as_bytes());
        }
        key
    }

    /// Name and text of the wrapper's files.
    const fn wrapper_files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Python => python::WRAPPER,
            Self::Nodejs => nodejs::WRAPPER,
        }
    }

    /// The image's start command; the interpreter is found in the search path of the place it runs.
    pub(crate) fn entrypoint(self) -> Vec<String> {
        let wrapper = |name| format!("/{ROOT}/{RUNTIME}/{name}");
        match self {
            // Isolated and without the machine's packages: only what the image holds is there.
            Self::Python => vec!["python3".into(), "-I".into(), "-S".into(), wrapper("wrapper.py")],
            Self::Nodejs => vec!["node".into(), wrapper("wrapper.cjs")],
        }
    }
}

/// What a check script prints as its last line.
#[derive(Deserialize)]
struct Checked {
    errors: Vec<SyntaxError>,
    /// Why the handler is not there.
    handler: Option<String>,
}

#[derive(Deserialize)]
struct SyntaxError {
    file: String,
    line: Option<u32>,
    message: String,
}

fn judge(finished: &Finished, log: &Log) -> Result<()> {
    let checked: Option<Checked> = finished
        .stdout
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok())
        .filter(|_| finished.success);
    let Some(checked) = checked else {
        let words =
            finished.stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it told nothing");
        return Err(Failure::internal("The code could not be checked", words.trim_end_matches('.')));
    };
    let place = |error: &SyntaxError| match error.line {
        Some(line) => format!("{}:{line}", error.file),
        None => error.file.clone(),
    };
    for error in &checked.errors {
        log.error(format!("{}: {}", place(error), error.message));
    }
    if let Some(first) = checked.errors.first() {
        let more = match checked.errors.len() {
            1 => String::new(),
            count => format!(" ({} more in the log)", count - 1),
        };
        let message = format!("{}: {}{more}", place(first), first.message);
        return Err(Failure::new(FailureCategory::CompileError, message));
    }
    match checked.handler {
        Some(message) => Err(Failure::new(FailureCategory::CompileError, message)),
        None => Ok(()),
    }
}

/// The tool's own words for why it failed: its error lines, else its last ones.
fn words(finished: &Finished, marks: &[&str]) -> String {
    let all: Vec<&str> = finished.stderr.lines().chain(finished.stdout.lines()).map(str::trim).collect();
    let marked =
        all.iter().filter_map(|line| marks.iter().find_map(|mark| line.strip_prefix(mark))).map(str::trim);
    let told: Vec<&str> = marked.filter(|line| !line.is_empty()).take(4).collect();
    let told = if told.is_empty() {
        all.iter().rev().find(|line| !line.is_empty()).into_iter().copied().collect()
    } else {
        told
    };
    let text = told.join(" ");
    if text.is_empty() { "the tool told nothing".to_owned() } else { text.chars().take(1000).collect() }
}
