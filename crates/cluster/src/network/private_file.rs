//! Files that only their owner may read: keys, kubeconfigs.

use std::fs::{OpenOptions, rename};
use std::io::{ErrorKind, Result, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Writes the file with mode 0600, whole or not at all.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_extension("new");
    // One that is left over from an earlier attempt may have other rights.
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    rename(&temporary, path)
}

/// What is in the file; where there is none, it is made with what `create` gives.
pub(crate) fn read_or_create(path: &Path, create: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    match std::fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let bytes = create()?;
            write(path, &bytes)?;
            Ok(bytes)
        }
        other => other,
    }
}
