//! The description of one process: what runs, what it may see, and how much it may use.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One process to run. Nothing is inherited: what is not named here the process does not get.
///
/// No `Debug`: `env` holds secrets.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Spec {
    /// A path, or a name that is looked up in `PATH` of `env` inside the sandbox.
    pub command: String,
    /// Arguments after the command.
    pub args: Vec<String>,
    /// The whole environment. `PATH`, `HOME` and `LANG` get defaults when absent.
    pub env: BTreeMap<String, String>,
    /// The working folder, as seen inside. `/` when empty.
    pub cwd: PathBuf,
    /// How much the process is trusted.
    pub isolation: Isolation,
    /// Files and folders of the host that are visible, under the same path, and cannot be written.
    /// The system's programs and libraries always are.
    pub read_only: Vec<PathBuf>,
    /// Folders of the host that are visible under the same path and may be written. They are given
    /// to the sandbox's user when the platform runs as root.
    pub writable: Vec<PathBuf>,
    /// Files and folders of the host that appear under another path.
    pub binds: Vec<Bind>,
    /// Which TCP ports it may use.
    pub network: Network,
    /// How much it may use.
    pub limits: Limits,
    /// The uid and gid it runs as when the platform is root; a fresh one when absent. Steps that
    /// share a writable folder should share this.
    pub user: Option<u32>,
    /// The time after which it is killed and [`Exit::TimedOut`](crate::Exit::TimedOut) is told.
    pub timeout: Option<Duration>,
    /// The host name it sees; `function` when absent.
    pub hostname: Option<String>,
}

/// How far a process is kept away from the machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Isolation {
    /// A user's code: everything this crate has.
    #[default]
    Full,
    /// Our own program in a process of its own: limits, an own session, no inherited environment or
    /// files, and it dies with the platform; but the machine's files, network and user.
    Trusted,
}

/// A host path that appears under another path. Where the kernel allows no mounts the process sees
/// `host` under its own name only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// The path on the machine.
    pub host: PathBuf,
    /// The path inside.
    pub inside: PathBuf,
    /// Whether it may be written.
    pub writable: bool,
}

/// TCP rules (Landlock ABI 4). UDP is open: names are resolved by it, and Landlock has no rules for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Network {
    /// No rules: for trusted processes.
    Open,
    /// Only what is listed.
    Ports {
        /// Ports that it may connect to, on any address.
        connect: Vec<u16>,
        /// Ports that it may listen on.
        bind: Vec<u16>,
    },
}

impl Default for Network {
    /// No TCP at all.
    fn default() -> Self {
        Self::Ports { connect: Vec::new(), bind: Vec::new() }
    }
}

/// Upper bounds. `None` leaves the machine's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Memory of the process and all its children.
    pub memory_bytes: Option<u64>,
    /// Processes and threads together.
    pub processes: Option<u64>,
    /// Open files per process.
    pub open_files: Option<u64>,
    /// CPU time per process.
    pub cpu_seconds: Option<u64>,
    /// Share of the CPU when it is scarce, 1 to 10,000; 100 is what others get.
    pub cpu_weight: Option<u64>,
    /// Size of one file.
    pub file_bytes: Option<u64>,
    /// Everything in `writable` together. Looked at twice a second, so it can be passed for a moment.
    pub disk_bytes: Option<u64>,
    /// Size of the private `/tmp` and `/dev/shm`, which live in memory; 64 MiB when absent.
    pub tmp_bytes: Option<u64>,
}
