//! What a killed process left behind.

use std::fs;
use std::path::Path;

use crate::{Error, Result, Storage};

impl Storage {
    /// Deletes the halves of uploads that a killed process left in the folder, and tells how many.
    /// Only for the start, by the one process that uploads: running uploads look the same.
    pub async fn sweep(&self) -> Result<u64> {
        let Some(folder) = self.folder.clone() else { return Ok(0) };
        let failed = |cause| Error::Folder { path: folder.display().to_string(), cause };
        let start = folder.clone();
        let swept = tokio::task::spawn_blocking(move || sweep(&start)).await;
        swept.map_err(|error| failed(std::io::Error::other(error)))?.map_err(failed)
    }
}

fn sweep(folder: &Path) -> std::io::Result<u64> {
    let mut count = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            count += sweep(&entry.path())?;
        } else if entry.file_name().to_str().is_some_and(is_half) {
            fs::remove_file(entry.path())?;
            count += 1;
        }
    }
    Ok(count)
}

/// Unfinished objects are named `<name>#<number>`; `#` is in no key.
fn is_half(name: &str) -> bool {
    name.rsplit_once('#')
        .is_some_and(|(_, tail)| !tail.is_empty() && tail.bytes().all(|b| b.is_ascii_digit()))
}
