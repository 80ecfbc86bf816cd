//! One process per data folder.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
};

use crate::{Error, Result};

/// Held while the process works in the folder; the kernel releases it when the process ends, however
/// it ends.
#[derive(Debug)]
pub struct DataDirLock {
    _file: File,
}

impl DataDirLock {
    /// Takes the folder, which must exist. [`Error::InUse`] when another process has it; [`Error::Locking`] with what
    /// the machine says when the lock file cannot be made or locked.
    pub fn acquire(folder: &Path) -> Result<Self> {
        let path = folder.join("lock");
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let file = options.map_err(Error::Locking)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse(folder.to_owned())),
            Err(TryLockError::Error(error)) => Err(Error::Locking(error)),
        }
    }
}
