//! The few kinds of mount that the private root is made of.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::sys::statvfs::{FsFlags, statvfs};

use super::Failure;

const NOTHING: Option<&str> = None;

/// An empty file system in memory.
pub(super) fn memory(path: &Path, bytes: u64, mode: &str) -> Result<(), Failure> {
    let options = format!("size={bytes},mode={mode}");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("tmpfs"), path, Some("tmpfs"), flags, Some(options.as_str()))
        .map_err(|cause| format!("cannot make {}: {cause}", path.display()))
}

/// Another size for what [`memory`] made.
pub(super) fn resize(path: &Path, bytes: u64) -> Result<(), Failure> {
    let flags = MsFlags::MS_REMOUNT | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(NOTHING, path, NOTHING, flags, Some(format!("size={bytes}").as_str()))
        .map_err(|cause| format!("cannot size {}: {cause}", path.display()))
}

/// Shows `host` at `inside`, made if it is not there.
pub(super) fn bind(host: &Path, inside: &Path, writable: bool) -> Result<(), Failure> {
    make_target(host, inside)?;
    bind_bare(host, inside)?;
    remount(inside, if writable { MsFlags::empty() } else { MsFlags::MS_RDONLY } | MsFlags::MS_NODEV)
}

/// A bind mount with the flags of its source, for devices.
pub(super) fn bind_bare(host: &Path, inside: &Path) -> Result<(), Failure> {
    let result = mount(Some(host), inside, NOTHING, MsFlags::MS_BIND, NOTHING);
    let result = match result {
        // In a user namespace a folder comes with the mounts below it or not at all.
        Err(Errno::EINVAL) => mount(Some(host), inside, NOTHING, MsFlags::MS_BIND | MsFlags::MS_REC, NOTHING),
        other => other,
    };
    result.map_err(|cause| format!("cannot show {}: {cause}", inside.display()))
}

/// Makes what is mounted at `path` read-only.
pub(super) fn mark_read_only(path: &Path) -> Result<(), Failure> {
    remount(path, MsFlags::MS_RDONLY | MsFlags::MS_NODEV)
}

fn remount(path: &Path, flags: MsFlags) -> Result<(), Failure> {
    let failed = |cause: Errno| format!("cannot protect {}: {cause}", path.display());
    let found = statvfs(path).map_err(failed)?.flags();
    // A user namespace may not take these away.
    let kept = [
        (FsFlags::ST_NOEXEC, MsFlags::MS_NOEXEC),
        (FsFlags::ST_NOATIME, MsFlags::MS_NOATIME),
        (FsFlags::ST_NODIRATIME, MsFlags::MS_NODIRATIME),
        (FsFlags::ST_RELATIME, MsFlags::MS_RELATIME),
        (FsFlags::ST_RDONLY, MsFlags::MS_RDONLY),
    ];
    let kept = kept.into_iter().filter(|(flag, _)| found.contains(*flag)).map(|(_, flag)| flag);
    let flags =
        flags | MsFlags::MS_BIND | MsFlags::MS_REMOUNT | MsFlags::MS_NOSUID | kept.collect::<MsFlags>();
    mount(NOTHING, path, NOTHING, flags, NOTHING).map_err(failed)
}

fn make_target(host: &Path, inside: &Path) -> Result<(), Failure> {
    let failed = |cause: std::io::Error| format!("cannot mount at {}: {cause}", inside.display());
    if host.is_dir() {
        return fs::create_dir_all(inside).map_err(failed);
    }
    if let Some(parent) = inside.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    match fs::OpenOptions::new().write(true).create_new(true).open(inside) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failed(error)),
        _ => Ok(()),
    }
}

/// A mount path that a person wrote: absolute, without `..`, and through no link, which could lead
/// out to the machine's files while they are still visible.
pub(super) fn target(host: &Path, inside: &Path) -> Result<PathBuf, Failure> {
    let refused =
        || format!("cannot mount at {}: the path must be absolute and go through no link", inside.display());
    let mut path = PathBuf::from("/");
    for component in inside.components() {
        match component {
            Component::RootDir | Component::CurDir => {}
            Component::Normal(name) => path.push(name),
            Component::ParentDir | Component::Prefix(_) => return Err(refused()),
        }
        if path.is_symlink() {
            return Err(refused());
        }
    }
    if path == Path::new("/") || path.starts_with(super::root::OLD) || !host.exists() {
        return Err(refused());
    }
    Ok(path)
}
