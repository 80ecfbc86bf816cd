//! The data folder: one server at a time, its administrator's token.

use std::{
    io::{ErrorKind, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rand::RngCore;
use store::DataDirLock;

use crate::{Error, Result};

/// Free bytes below which a start is refused: databases that can not grow lose what comes in.
const LEAST_FREE: u64 = 16 * 1024 * 1024;

/// A folder that belongs to this process.
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: DataDirLock,
}

impl DataFolder {
    /// Makes the folder when it is not there, and takes it.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let refused = |cause: std::io::Error| match cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Error::DiskFull(path.to_owned()),
            _ => Error::DataFolder { folder: path.to_owned(), cause },
        };
        std::fs::create_dir_all(path).map_err(refused)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(refused)?;
        let path = path.canonicalize().map_err(refused)?;
        let lock = DataDirLock::acquire(&path).map_err(|error| match error {
            store::Error::InUse(_) => Error::InUse(path.clone()),
            store::Error::Locking(cause) => refused(cause),
            other => refused(std::io::Error::other(other)),
        })?;
        // A write tells more than permissions do: read-only file systems, quotas, a full disk.
        let probe = path.join(".probe");
        std::fs::write(&probe, vec![0u8; 4096])
            .and_then(|()| std::fs::remove_file(&probe))
            .map_err(refused)?;
        if free_bytes(&path).is_some_and(|free| free < LEAST_FREE) {
            return Err(Error::DiskFull(path));
        }
        Ok(Self { path, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A folder in it, made when it is not there.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf> {
        let path = self.path.join(name);
        std::fs::create_dir_all(&path).map_err(|cause| Error::DataFolder { folder: path.clone(), cause })?;
        Ok(path)
    }

    /// The administrator's token: written at the first start, read at the later ones.
    pub(crate) fn admin_token(&self) -> Result<String> {
        let path = self.path.join("admin-token");
        match std::fs::read_to_string(&path) {
            Ok(token) if !token.trim().is_empty() => return Ok(token.trim().to_owned()),
            Err(cause) if cause.kind() != ErrorKind::NotFound => {
                return Err(Error::DataFolder { folder: path, cause });
            }
            _ => {}
        }
        let token = secret("kla");
        write_private(&path, &format!("{token}\n"))?;
        Ok(token)
    }
}

fn free_bytes(path: &Path) -> Option<u64> {
    // `df` is everywhere where this runs; a wrong answer only means that the check is skipped.
    let output = std::process::Command::new("df").args(["--output=avail", "-B1"]).arg(path).output().ok()?;
    String::from_utf8(output.stdout).ok()?.lines().nth(1)?.trim().parse().ok()
}

/// A secret with 256 bits of chance; the prefix tells secret scanners what it is.
pub(crate) fn secret(prefix: &str) -> String {
    let mut bytes = [0u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    format!("{prefix}_{}", hex::encode(bytes))
}

/// Replaces a file whole; nobody else may read it.
fn write_private(path: &Path, text: &str) -> Result<()> {
    let refused = |cause: std::io::Error| match cause.kind() {
        ErrorKind::StorageFull => Error::DiskFull(path.to_owned()),
        _ => Error::DataFolder { folder: path.to_owned(), cause },
    };
    let fresh = path.with_extension("new");
    let _ = std::fs::remove_file(&fresh);
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh).map_err(refused)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(refused)?;
    std::fs::rename(&fresh, path).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stays_the_same_and_is_private() {
        let temp = tempfile::tempdir().unwrap();
        let token = DataFolder::open(temp.path()).unwrap().admin_token().unwrap();
        let again = DataFolder::open(temp.path()).unwrap();
        assert_eq!(again.admin_token().unwrap(), token);
        let mode = std::fs::metadata(temp.path().join("admin-token")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_second_server_on_the_same_folder_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        let _first = DataFolder::open(temp.path()).unwrap();
        let Err(error) = DataFolder::open(temp.path()) else { panic!("it was opened twice") };
        assert_eq!(error.exit_code(), 75);
    }

    #[test]
    fn a_full_disk_was_told_as_a_missing_permission_when_the_lock_could_not_be_made() {
        let temp = tempfile::tempdir().unwrap();
        // What the lock file is in the way of; root may write everywhere, so a missing right cannot be tried here.
        std::fs::create_dir(temp.path().join("lock")).unwrap();
        let Err(error) = DataFolder::open(temp.path()) else { panic!("it was opened") };
        assert!(error.to_string().contains("directory"), "{error}");
    }

    #[test]
    fn a_folder_below_a_file_is_named_in_the_error() {
        let temp = tempfile::NamedTempFile::new().unwrap();
        let Err(error) = DataFolder::open(&temp.path().join("x")) else { panic!("it was opened") };
        assert_eq!(error.exit_code(), 73);
        assert!(error.to_string().contains("KL_DATA_DIR"), "{error}");
    }
}
