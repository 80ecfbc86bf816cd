//! Which user a sandbox runs as, when the platform is root.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};

use std::os::unix::fs::{MetadataExt, lchown};

/// Far above what distributions and container tools hand out by default.
const FIRST: u32 = 1_879_048_192;
const COUNT: u32 = 65_536;

/// Hands out user ids so that no two sandboxes share one at the same time. A process limit is per
/// user, and users cannot signal or trace one another.
#[derive(Clone, Debug)]
pub(crate) struct Users {
    taken: Arc<Mutex<(u32, HashSet<u32>)>>,
}

/// A user id in use; free again when dropped.
#[derive(Debug)]
pub struct User {
    id: u32,
    users: Users,
}

impl User {
    /// The uid and gid.
    pub fn id(&self) -> u32 {
        self.id
    }
}

impl Default for Users {
    /// Two platforms on one machine begin at different places: a process limit counts all of a user's.
    fn default() -> Self {
        Self { taken: Arc::new(Mutex::new((std::process::id().wrapping_mul(64), HashSet::new()))) }
    }
}

impl Users {
    pub(crate) fn take(&self) -> User {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let id = FIRST + taken.0 % COUNT;
            taken.0 = taken.0.wrapping_add(1);
            if taken.1.insert(id) {
                return User { id, users: self.clone() };
            }
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let mut taken = self.users.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.1.remove(&self.id);
    }
}

/// Makes `id` the owner of a folder and all in it. Links are not followed, and a file with a second
/// name stays as it is: the other name may lie outside.
pub(crate) fn give(path: &Path, id: u32) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.uid() != id && (metadata.is_dir() || metadata.nlink() == 1) {
        lchown(path, Some(id), Some(id))?;
    }
    if metadata.is_dir() {
        for entry in fs::read_dir(path)? {
            give(&entry?.path(), id)?;
        }
    }
    Ok(())
}
