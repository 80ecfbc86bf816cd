//! A `/dev` with the devices that every program expects and no other.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::mounts::{bind_bare, memory};
use super::root::OLD;
use super::{Failure, context};

pub(super) fn fill(shared_bytes: u64) -> Result<(), Failure> {
    let failed = "cannot make /dev";
    fs::create_dir_all("/dev/shm").map_err(context(failed))?;
    for name in ["null", "zero", "full", "random", "urandom"] {
        let device = Path::new("/dev").join(name);
        fs::write(&device, "").map_err(context(failed))?;
        bind_bare(&Path::new(OLD).join("dev").join(name), &device)?;
    }
    for (name, leads_to) in [
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ] {
        symlink(leads_to, Path::new("/dev").join(name)).map_err(context(failed))?;
    }
    memory(Path::new("/dev/shm"), shared_bytes, "1777")
}
