//! What the node needs to know to run Pods.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use sandbox::{Launcher, Toolchain};

/// Settings of the one node, all from the caller.
#[derive(Clone)]
pub struct Config {
    /// Starts the processes.
    pub launcher: Launcher,
    /// The interpreters that images without one of their own run with.
    pub toolchain: Toolchain,
    /// The OCI image layout folder in which images are looked up.
    pub layout: PathBuf,
    /// Image names that stand for our own executable.
    pub host_images: BTreeMap<String, HostImage>,
    /// TCP ports that a user's process may connect to.
    pub connect_ports: Vec<u16>,
    /// The name of the Node object.
    pub node_name: String,
    /// How often unpacked images are removed that are not in the layout any more.
    pub image_sweep: Duration,
    /// Size at which a log file is put aside; one older file is kept.
    pub log_bytes: u64,
    /// Memory of a container that names no limit.
    pub memory_bytes: u64,
}

/// An image that is the platform itself. It runs outside the sandbox, so it is no user's to choose:
/// only containers of a Job's Pod get it, and only with a subcommand that is listed here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostImage {
    /// The executable.
    pub program: PathBuf,
    /// What the first argument may be, such as `builder`.
    pub subcommands: Vec<String>,
    /// Its environment, such as `PATH`; it wins over what a container sets.
    pub env: BTreeMap<String, String>,
    /// The other variables that a container may set; one that sets any other does not start. It runs with the rights
    /// of the platform, so that `PATH` or `LD_PRELOAD` of a Job's author would be a way out of the sandbox.
    pub accepted_env: Vec<String>,
}

impl Config {
    /// Log files of 10 MiB, 512 MiB of memory, ports 80 and 443, named after the machine.
    pub fn new(launcher: Launcher, toolchain: Toolchain, layout: impl Into<PathBuf>) -> Self {
        Self {
            launcher,
            toolchain,
            layout: layout.into(),
            host_images: BTreeMap::new(),
            connect_ports: vec![80, 443],
            node_name: host_name(),
            image_sweep: Duration::from_mins(10),
            log_bytes: 10 << 20,
            memory_bytes: 512 << 20,
        }
    }

    /// Adds an image name that stands for our own executable.
    #[must_use]
    pub fn host_image(mut self, name: impl Into<String>, image: HostImage) -> Self {
        self.host_images.insert(name.into(), image);
        self
    }
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().to_lowercase();
    let name: String =
        name.trim().chars().filter(|c| c.is_ascii_alphanumeric() || "-.".contains(*c)).take(63).collect();
    let name = name.trim_matches(['-', '.']);
    if name.is_empty() { "node".into() } else { name.into() }
}
