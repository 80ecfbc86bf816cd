//! How much a process has written, also to files that have no name any more.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::libc::ENAMETOOLONG;

/// Bytes on disk below `folders`, and in files of their file systems that were removed and that `supervisor` or a
/// process below it still holds. What vanishes meanwhile counts as nothing; what lies too deep to be looked at counts
/// as more than any limit.
pub(crate) fn usage(folders: &[PathBuf], supervisor: i32) -> u64 {
    let named = folders.iter().map(|folder| usage_of(folder)).fold(0, u64::saturating_add);
    let devices: HashSet<u64> = folders.iter().flat_map(fs::metadata).map(|found| found.dev()).collect();
    named.saturating_add(removed(supervisor, &devices))
}

fn usage_of(folder: &Path) -> u64 {
    let mut used: u64 = 0;
    // No recursion, and one open folder at a time: a program makes its tree as deep as it likes.
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.raw_os_error() == Some(ENAMETOOLONG) => return u64::MAX,
            Err(_) => continue,
        };
        used = used.saturating_add(bytes(&metadata));
        if metadata.is_dir() {
            match fs::read_dir(&path) {
                Ok(entries) => left.extend(entries.flatten().map(|entry| entry.path())),
                Err(error) if error.raw_os_error() == Some(ENAMETOOLONG) => return u64::MAX,
                Err(_) => {}
            }
        }
    }
    used
}

fn bytes(metadata: &Metadata) -> u64 {
    metadata.blocks() * 512
}

/// Bytes of files without a name on these devices, open or mapped.
fn removed(supervisor: i32, devices: &HashSet<u64>) -> u64 {
    let mut seen = HashSet::new();
    let mut used: u64 = 0;
    for process in family(supervisor) {
        for held in ["fd", "map_files"] {
            let entries = fs::read_dir(format!("/proc/{process}/{held}")).into_iter().flatten().flatten();
            for entry in entries {
                // The link leads to the file itself, whatever it was called.
                let Ok(metadata) = fs::metadata(entry.path()) else { continue };
                let counts = metadata.is_file() && metadata.nlink() == 0 && devices.contains(&metadata.dev());
                if counts && seen.insert((metadata.dev(), metadata.ino())) {
                    used = used.saturating_add(bytes(&metadata));
                }
            }
        }
    }
    used
}

/// A process and all below it.
fn family(first: i32) -> Vec<i32> {
    let mut found = vec![first];
    let mut at = 0;
    while let Some(process) = found.get(at).copied() {
        at += 1;
        let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
        for thread in threads {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            found.extend(children.split_whitespace().filter_map(|child| child.parse::<i32>().ok()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process that is not there.
    const NOBODY: i32 = 0;

    #[test]
    fn usage_counts_files_in_nested_folders() {
        let folder = tempfile::tempdir().unwrap();
        let nested = folder.path().join("a/b");
        fs::create_dir_all(&nested).unwrap();
        fs::write(nested.join("file"), vec![1; 100_000]).unwrap();
        assert!(usage(&[folder.path().to_owned()], NOBODY) >= 100_000);
    }

    #[test]
    fn a_file_that_was_removed_and_is_still_open_did_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, vec![1; 1_000_000]).unwrap();
        let open = fs::File::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let own = i32::try_from(std::process::id()).unwrap();
        let used = || usage(&[folder.path().to_owned()], own);
        assert!(used() >= 1_000_000);
        drop(open);
        assert!(used() < 1_000_000);
    }
}
