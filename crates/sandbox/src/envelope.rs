//! What travels between launcher, supervisor and init: JSON in a file that lives in memory and is
//! the child's standard input, so that neither an argument list nor an environment shows it.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;

use nix::sys::memfd::{MFdFlags, memfd_create};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::spec::Spec;

/// Everything a child has to know.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Envelope {
    pub(crate) stage: Stage,
    /// The process that must be alive; a child that finds another parent ends at once.
    pub(crate) parent: i32,
    pub(crate) namespaces: Namespaces,
    /// `cgroup.procs` files to join.
    pub(crate) cgroups: Vec<PathBuf>,
    /// Uid and gid to become; none when the platform is no root.
    pub(crate) user: Option<u32>,
    /// Uid and gid of the platform.
    pub(crate) owner: (u32, u32),
    /// Set everything up, report what the kernel offered, and run nothing.
    pub(crate) probe: bool,
    pub(crate) spec: Spec,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    Supervisor,
    Init,
}

/// Which namespaces this machine lets us make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Namespaces {
    pub(crate) user: bool,
    pub(crate) mount: bool,
    pub(crate) pid: bool,
}

/// What a child writes back over its envelope before it ends.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Report {
    Exited(i32),
    Signaled(i32),
    Failed { message: String },
    Probed { landlock_abi: i32 },
}

/// A file in memory with `value` in it, read from its beginning by whoever gets it.
pub(crate) fn write<T: Serialize>(value: &T) -> io::Result<File> {
    let mut file = File::from(memfd_create("sandbox", MFdFlags::MFD_CLOEXEC)?);
    rewrite(&mut file, value)?;
    Ok(file)
}

/// Replaces what is in the file.
pub(crate) fn rewrite<T: Serialize>(file: &mut File, value: &T) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(&serde_json::to_vec(value)?)?;
    file.rewind()
}

/// Reads what the other side left.
pub(crate) fn read<T: DeserializeOwned>(file: &mut File) -> io::Result<T> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(serde_json::from_slice(&bytes)?)
}
