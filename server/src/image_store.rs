//! Whether builds could put images where they put them.

use std::path::PathBuf;

use async_trait::async_trait;
use domain::preflight::Verdict;
use nix::{
    sys::statvfs::statvfs,
    unistd::{AccessFlags, access},
};
use platform::ImageStore;

/// Below this a build may fill the disk: Python and Node.js packages of some size, unpacked and packed.
const LITTLE: u64 = 500 * 1_000_000;

/// A folder on this machine in OCI image layout.
pub(crate) struct LayoutFolder(pub(crate) PathBuf);

#[async_trait]
impl ImageStore for LayoutFolder {
    async fn check(&self) -> (Verdict, String) {
        let folder = self.0.clone();
        let looked = tokio::task::spawn_blocking(move || {
            access(&folder, AccessFlags::W_OK)?;
            let disk = statvfs(&folder)?;
            Ok::<u64, nix::Error>(disk.blocks_available() as u64 * disk.fragment_size() as u64)
        });
        match looked.await {
            Ok(Ok(free)) => told(free),
            Ok(Err(error)) => (
                Verdict::Blocked,
                format!("The folder of the images can not be written ({}): ask an operator.", error.desc()),
            ),
            Err(_) => (Verdict::Doubtful, "The folder of the images could not be looked at.".to_owned()),
        }
    }
}

fn told(free: u64) -> (Verdict, String) {
    let gigabytes = free as f64 / 1e9;
    if free < LITTLE {
        (Verdict::Doubtful, format!("Only {gigabytes:.2} GB are free for images: a build may fill the disk."))
    } else {
        (Verdict::Fine, format!("Kept by the platform itself; {gigabytes:.0} GB are free."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_that_is_not_there_blocks_builds() {
        let folder = tempfile::tempdir().unwrap();
        let there = LayoutFolder(folder.path().to_owned()).check().await;
        assert_ne!(there.0, Verdict::Blocked, "{}", there.1);
        let gone = LayoutFolder(folder.path().join("gone")).check().await;
        assert_eq!(gone.0, Verdict::Blocked);
        assert_eq!(told(LITTLE - 1).0, Verdict::Doubtful);
    }
}
