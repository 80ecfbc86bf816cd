//! How much a process has written.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes on disk below `folders`. What vanishes meanwhile counts as nothing.
pub(crate) fn usage(folders: &[PathBuf]) -> u64 {
    folders.iter().map(|folder| usage_of(folder)).sum()
}

fn usage_of(path: &Path) -> u64 {
    let Ok(metadata) = fs::symlink_metadata(path) else { return 0 };
    let own = metadata.blocks() * 512;
    if !metadata.is_dir() {
        return own;
    }
    let Ok(entries) = fs::read_dir(path) else { return own };
    own + entries.flatten().map(|entry| usage_of(&entry.path())).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_counts_files_in_nested_folders() {
        let folder = tempfile::tempdir().unwrap();
        let nested = folder.path().join("a/b");
        fs::create_dir_all(&nested).unwrap();
        fs::write(nested.join("file"), vec![1; 100_000]).unwrap();
        assert!(usage(&[folder.path().to_owned()]) >= 100_000);
    }
}
