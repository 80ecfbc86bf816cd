//! An `/etc` with what name resolution, certificates, time zones and the dynamic linker need.
//! Small files are copied, which also follows links into folders that are not shown.

use std::fs;
use std::path::Path;

use super::mounts::bind;
use super::root::OLD;
use super::{Failure, context};

const COPIED: [&str; 14] = [
    "resolv.conf",
    "hosts",
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

pub(super) fn fill(user: u32) -> Result<(), Failure> {
    let failed = "cannot make /etc";
    let old = Path::new(OLD).join("etc");
    let new = Path::new("/etc");
    fs::create_dir(new).map_err(context(failed))?;
    for name in COPIED {
        if let Ok(bytes) = read_at_old_root(&old.join(name)) {
            fs::write(new.join(name), bytes).map_err(context(failed))?;
        }
    }
    for name in SHOWN {
        if old.join(name).is_dir() {
            bind(&old.join(name), &new.join(name), false)?;
        }
    }
    let users =
        format!("root:x:0:0:root:/:/usr/sbin/nologin\nfunction:x:{user}:{user}:function:/tmp:/bin/sh\n");
    fs::write(new.join("passwd"), users).map_err(context(failed))?;
    fs::write(new.join("group"), format!("root:x:0:\nfunction:x:{user}:\n")).map_err(context(failed))
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
