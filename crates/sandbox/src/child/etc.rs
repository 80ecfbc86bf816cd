//! An `/etc` with what name resolution, certificates, time zones and the dynamic linker need.
//! Small files are copied, which also follows links into folders that are not shown.

use std::fs;
use std::path::Path;

use super::mounts::bind;
use super::root::OLD;
use super::{Failure, context};

/// What a machine that moves to another network changes: copied when the program is known.
const OF_THE_NETWORK: [&str; 2] = ["resolv.conf", "hosts"];

const COPIED: [&str; 12] = [
    "nsswitch.conf",
    "host.conf",
    "gai.conf",
    "localtime",
    "timezone",
    "ld.so.cache",
    "ld.so.conf",
    "mime.types",
    "protocols",
    "services",
    "os-release",
    "pip.conf",
];

const SHOWN: [&str; 6] = ["ssl", "ca-certificates", "pki", "alternatives", "ld.so.conf.d", "crypto-policies"];

const FAILED: &str = "cannot make /etc";

/// The part that is the same for all programs.
pub(super) fn fill() -> Result<(), Failure> {
    let old = Path::new(OLD).join("etc");
    let new = Path::new("/etc");
    fs::create_dir(new).map_err(context(FAILED))?;
    copy(&COPIED)?;
    for name in SHOWN {
        if old.join(name).is_dir() {
            bind(&old.join(name), &new.join(name), false)?;
        }
    }
    Ok(())
}

/// The rest; `user` is who the program runs as.
pub(super) fn finish(user: u32) -> Result<(), Failure> {
    copy(&OF_THE_NETWORK)?;
    let users =
        format!("root:x:0:0:root:/:/usr/sbin/nologin\nfunction:x:{user}:{user}:function:/tmp:/bin/sh\n");
    fs::write("/etc/passwd", users).map_err(context(FAILED))?;
    fs::write("/etc/group", format!("root:x:0:\nfunction:x:{user}:\n")).map_err(context(FAILED))
}

fn copy(names: &[&str]) -> Result<(), Failure> {
    for name in names {
        if let Ok(bytes) = read_at_old_root(&Path::new(OLD).join("etc").join(name)) {
            fs::write(Path::new("/etc").join(name), bytes).map_err(context(FAILED))?;
        }
    }
    Ok(())
}

/// Reads a file whose absolute links mean the old root.
fn read_at_old_root(path: &Path) -> std::io::Result<Vec<u8>> {
    match fs::read_link(path) {
        Ok(link) if link.is_absolute() => {
            fs::read(Path::new(OLD).join(link.strip_prefix("/").unwrap_or(&link)))
        }
        _ => fs::read(path),
    }
}
