//! tar, unpacked already.

use std::io::Read;

use super::{Gate, Kind};
use crate::{ArchiveError, Result};

pub(super) fn walk(reader: impl Read, gate: &mut Gate<'_, '_>) -> Result<()> {
    let meter = gate.meter.clone();
    // The whole stream is counted: headers, padding and long names too.
    let mut archive = tar::Archive::new(meter.around(reader));
    let entries = archive.entries().map_err(|error| meter.reason(&error))?;
    for entry in entries {
        let mut entry = entry.map_err(|error| meter.reason(&error))?;
        let kind = match entry.header().entry_type() {
            tar::EntryType::XGlobalHeader => continue,
            tar::EntryType::Regular | tar::EntryType::Continuous => Kind::File,
            tar::EntryType::Directory => Kind::Folder,
            tar::EntryType::Symlink | tar::EntryType::Link => Kind::Link,
            _ => Kind::Device,
        };
        gate.count()?;
        let bytes = entry.path_bytes().into_owned();
        let name = String::from_utf8(bytes).map_err(|error| ArchiveError::Name {
            path: String::from_utf8_lossy(error.as_bytes()).into_owned(),
            why: "no UTF-8",
        })?;
        // A trailing slash makes a folder in archives older than the type.
        let kind = if kind == Kind::File && name.ends_with('/') { Kind::Folder } else { kind };
        let executable = entry.header().mode().is_ok_and(|mode| mode & 0o111 != 0);
        gate.entry(&name, kind, executable, &mut entry)?;
    }
    Ok(())
}
