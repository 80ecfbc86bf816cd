//! What differs between languages: dependencies, checks, the wrapper, the start command.

mod nodejs;
mod python;
mod workspace;

use std::path::Path;

use domain::build::FailureCategory;
use domain::function::Language;
use sandbox::Interpreter;
use serde::Deserialize;

use crate::assemble::{ROOT, RUNTIME};
use crate::cache::Key;
use crate::failure::{Failure, OrInternal, Result};
use crate::log::Log;
use crate::process::{Finished, Program, Tools};

/// A language that can be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runtime {
    Python,
    Nodejs,
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

    /// Installs them; the answer is the folder in `scratch` with what was installed, and the folder
    /// under `/function` that it belongs in.
    pub(crate) async fn install(self, context: &Context<'_>) -> Result<(std::path::PathBuf, String)> {
        match self {
            Self::Python => python::install(context).await,
            Self::Nodejs => nodejs::install(context).await,
        }
    }

    /// Reads every source file without running it, and looks for the handler.
    pub(crate) async fn check(self, context: &Context<'_>, handler: &str) -> Result<()> {
        let (script, name): (&str, &str) = match self {
            Self::Python => (python::CHECK, "check.py"),
            Self::Nodejs => (nodejs::CHECK, "check.cjs"),
        };
        let path = context.scratch.join(name);
        std::fs::write(&path, script).or_internal("A temporary file cannot be written")?;
        let mut args: Vec<String> = match self {
            Self::Python => ["-I", "-S", "-B"].map(str::to_owned).to_vec(),
            Self::Nodejs => ["--experimental-vm-modules", "--no-warnings"].map(str::to_owned).to_vec(),
        };
        args.extend([
            path.display().to_string(),
            context.workspace.display().to_string(),
            handler.to_owned(),
        ]);
        let program = Program {
            command: &context.interpreter.program,
            args,
            env: Default::default(),
            read_only: vec![context.workspace.to_owned()],
            folder: context.scratch,
            cwd: context.scratch,
            network: false,
        };
        let finished = context.tools.run(program, None).await?;
        judge(&finished, context.log)
    }

    /// Name and text of the wrapper's files.
    pub(crate) const fn wrapper(self) -> &'static [(&'static str, &'static str)] {
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
