//! Resource limits: the floor under the control groups.

use std::fs;
use std::os::unix::fs::MetadataExt;

use nix::sys::resource::{Resource, setrlimit};

use super::{Failure, context};
use crate::spec::Spec;

/// What the runtime of an interpreter maps without ever touching it. A limit on data alone cannot
/// tell, so it is given on top where the memory limit is a resource limit.
const MAPPED_EXTRA: u64 = 512 << 20;

/// `own_count` says that the user's processes are counted for this sandbox alone; else the kernel
/// counts all of the user's, and those that run now are added.
pub(super) fn apply(spec: &Spec, own_count: bool) -> Result<(), Failure> {
    let limits = &spec.limits;
    set(Resource::RLIMIT_CORE, Some(0))?;
    set(Resource::RLIMIT_NOFILE, limits.open_files)?;
    set(Resource::RLIMIT_FSIZE, limits.file_bytes.or(limits.disk_bytes))?;
    set(Resource::RLIMIT_DATA, limits.memory_bytes.map(|bytes| bytes.saturating_add(MAPPED_EXTRA)))?;
    let others = if own_count { 0 } else { processes_of_this_user() };
    set(Resource::RLIMIT_NPROC, limits.processes.map(|processes| processes + others))?;
    if let Some(seconds) = limits.cpu_seconds {
        // A second between the signal that can be handled and the one that cannot.
        setrlimit(Resource::RLIMIT_CPU, seconds, seconds + 1)
            .map_err(context("cannot limit the processor"))?;
    }
    Ok(())
}

fn processes_of_this_user() -> u64 {
    let user = nix::unistd::geteuid().as_raw();
    let threads = |entry: fs::DirEntry| {
        let own = entry.metadata().is_ok_and(|metadata| metadata.uid() == user);
        if own { fs::read_dir(entry.path().join("task")).map_or(0, Iterator::count) } else { 0 }
    };
    fs::read_dir("/proc").into_iter().flatten().flatten().map(threads).sum::<usize>() as u64
}

fn set(resource: Resource, value: Option<u64>) -> Result<(), Failure> {
    let Some(value) = value else { return Ok(()) };
    let (_, hard) = nix::sys::resource::getrlimit(resource).map_err(context("cannot read a limit"))?;
    let value = value.min(hard);
    setrlimit(resource, value, value).map_err(context("cannot set a limit"))
}
