//! The interpreters of this machine, wherever they were installed.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::process::Command;

/// An interpreter that was asked for its real place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The program itself, behind wrapper scripts and links.
    pub program: PathBuf,
    /// The folder with its libraries, to be shown to a sandbox.
    pub prefix: PathBuf,
    /// As it tells it, such as `3.11.7`.
    pub version: String,
}

/// What was found in the search path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::unsafe_derive_deserialize, reason = "the unsafe code is inside tokio's join!")]
pub struct Toolchain {
    /// `python3`.
    pub python: Option<Interpreter>,
    /// `node`.
    pub node: Option<Interpreter>,
}

const PYTHON: [&str; 2] = [
    "-c",
    "import os,sys,platform;print(os.path.realpath(sys.executable));print(sys.base_prefix);print(platform.python_version())",
];
const NODE: [&str; 2] = [
    "-p",
    "const f=require('fs').realpathSync(process.execPath),p=require('path');[f,p.dirname(p.dirname(f)),process.versions.node].join('\\n')",
];

impl Toolchain {
    /// Asks the interpreters found in `path` (the value of `PATH`) where they really are: a version
    /// manager's wrapper neither starts quickly nor works inside a sandbox.
    pub async fn discover(path: &str) -> Self {
        let (python, node) = tokio::join!(ask(path, "python3", &PYTHON), ask(path, "node", &NODE));
        Self { python, node }
    }

    /// The search path inside a sandbox: the interpreters first.
    pub fn path(&self) -> String {
        let mut folders: Vec<String> = Vec::new();
        let own = [&self.python, &self.node].into_iter().flatten().filter_map(|found| found.program.parent());
        let usual = ["/usr/local/bin", "/usr/bin", "/bin"].map(Path::new);
        for folder in own.chain(usual).map(|folder| folder.display().to_string()) {
            if !folders.contains(&folder) {
                folders.push(folder);
            }
        }
        folders.join(":")
    }

    /// The folders that a sandbox must be shown beside the system's own.
    pub fn read_only(&self) -> Vec<PathBuf> {
        let found = [&self.python, &self.node].into_iter().flatten();
        found
            .map(|interpreter| interpreter.prefix.clone())
            .filter(|prefix| !prefix.starts_with("/usr"))
            .collect()
    }
}

async fn ask(path: &str, name: &str, args: &[&str]) -> Option<Interpreter> {
    let mut command = Command::new(name);
    command.args(args).env("PATH", path).stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(10), command.output()).await.ok()?.ok()?;
    let text = String::from_utf8(output.stdout).ok().filter(|_| output.status.success())?;
    let mut lines = text.lines().map(str::trim);
    Some(Interpreter {
        program: lines.next()?.into(),
        prefix: lines.next()?.into(),
        version: lines.next()?.to_owned(),
    })
}
