//! The private file system: an empty one in memory into which the machine's programs, the spec's
//! folders and a few made files are put. What is not put there does not exist for the program.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{pivot_root, sethostname};

use super::mounts::{bind, mark_read_only, memory, resize, target};
use super::{Failure, context, device, etc};
use crate::envelope::{Envelope, Namespaces};

/// Where the machine's root is while the new one is filled.
pub(super) const OLD: &str = "/old-root";

const PROGRAMS: [&str; 7] = ["usr", "bin", "sbin", "lib", "lib32", "lib64", "nix/store"];

const TMP_BYTES: u64 = 64 << 20;

/// The part that is the same for all programs. The machine's root stays visible until [`finish`].
pub(super) fn furnish(namespaces: Namespaces) -> Result<(), Failure> {
    let nothing: Option<&str> = None;
    mount(nothing, "/", nothing, MsFlags::MS_REC | MsFlags::MS_PRIVATE, nothing)
        .map_err(context("cannot leave the machine's mounts"))?;
    // Any folder does: it is only covered in this namespace, and not at the old root any more.
    memory(Path::new("/tmp"), 8 << 20, "755")?;
    std::env::set_current_dir("/tmp").map_err(context("cannot enter the new root"))?;
    fs::create_dir("old-root").map_err(context("cannot make the new root"))?;
    pivot_root(".", "old-root").map_err(context("cannot enter the new root"))?;
    std::env::set_current_dir("/").map_err(context("cannot enter the new root"))?;

    programs()?;
    device::fill(TMP_BYTES)?;
    make("/tmp")?;
    memory(Path::new("/tmp"), TMP_BYTES, "1777")?;
    etc::fill()?;
    proc(namespaces.pid)
}

/// What belongs to one program; takes the machine's root away.
pub(super) fn finish(envelope: &Envelope) -> Result<(), Failure> {
    let spec = &envelope.spec;
    if let Some(bytes) = spec.limits.tmp_bytes.filter(|bytes| *bytes != TMP_BYTES) {
        resize(Path::new("/tmp"), bytes)?;
        resize(Path::new("/dev/shm"), bytes)?;
    }
    etc::finish(envelope.user.unwrap_or(envelope.owner.0))?;
    folders(envelope)?;

    let _ = sethostname(spec.hostname.as_deref().unwrap_or("function"));
    umount2(OLD, MntFlags::MNT_DETACH).map_err(context("cannot leave the old root"))?;
    fs::remove_dir(OLD).map_err(context("cannot leave the old root"))?;
    mark_read_only(Path::new("/"))
}

fn make(path: &str) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(context("cannot make a folder of the new root"))
}

/// On most machines all but `/usr` are links into it.
fn programs() -> Result<(), Failure> {
    for name in PROGRAMS {
        let (old, new) = (Path::new(OLD).join(name), Path::new("/").join(name));
        match fs::read_link(&old) {
            Ok(link) => symlink(link, new).map_err(context("cannot link the machine's programs"))?,
            Err(_) if old.is_dir() => bind(&old, &new, false)?,
            Err(_) => {}
        }
    }
    Ok(())
}

fn proc(own: bool) -> Result<(), Failure> {
    make("/proc")?;
    if !own {
        return bind(&Path::new(OLD).join("proc"), Path::new("/proc"), true);
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(Some("proc"), "/proc", Some("proc"), flags, None::<&str>).map_err(context("cannot make /proc"))
}

/// The folders of the spec, outer ones first so that inner ones are not covered.
fn folders(envelope: &Envelope) -> Result<(), Failure> {
    let spec = &envelope.spec;
    let same = |paths: &[PathBuf], writable: bool| {
        paths.iter().map(|path| (path.clone(), path.clone(), writable)).collect::<Vec<_>>()
    };
    let mut all = same(&spec.read_only, false);
    all.extend(same(&spec.writable, true));
    all.extend(spec.binds.iter().map(|bind| (bind.host.clone(), bind.inside.clone(), bind.writable)));
    all.retain(|(host, inside, writable)| *writable || host != inside || !is_there(inside));
    all.sort_by_key(|(_, inside, _)| inside.components().count());
    for (host, inside, writable) in all {
        let old = Path::new(OLD).join(host.strip_prefix("/").unwrap_or(&host));
        let inside = target(&old, &inside)?;
        bind(&old, &inside, writable)?;
    }
    Ok(())
}

/// Whether a path of the machine already shows, as part of its programs.
fn is_there(path: &Path) -> bool {
    PROGRAMS.iter().any(|name| path.starts_with(Path::new("/").join(name)))
}
