//! Mark and sweep: removes images that nothing uses, and the blobs that no image uses.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::time::SystemTime;

use super::{Entry, Layout};
use crate::error::at;
use crate::{Digest, Error, Manifest, REPOSITORY, Result};

/// The right to remove images, had alone: nobody writes or reads an image until it is dropped. What is in
/// use is to be found out while it is held; then nothing can begin to use an image in between.
#[derive(Debug)]
pub struct Sweep {
    layout: Layout,
    #[expect(dead_code, reason = "closing the file gives the lock back")]
    lock: File,
}

/// What a sweep took away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freed {
    /// Entries of the index.
    pub images: u64,
    /// Blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl Sweep {
    pub(super) fn new(layout: Layout, lock: File) -> Self {
        Self { layout, lock }
    }

    /// Takes the images out that are not `used` and were pushed before `before`, then the blobs that no
    /// image has. An image that was only just pushed may be one that nobody had the time to use.
    pub fn run(self, before: SystemTime, used: impl Fn(&Entry<'_>) -> bool) -> Result<Freed> {
        let mut freed = Freed::default();
        self.layout.change_index(|index| {
            let all = index.manifests.len();
            index.manifests.retain(|descriptor| {
                let entry = Entry::of(descriptor);
                // What someone else put into the folder is not ours to remove.
                let ours = descriptor.annotations.contains_key(REPOSITORY);
                !ours || used(&entry) || !self.is_older(entry.digest, before)
            });
            freed.images = (all - index.manifests.len()) as u64;
        })?;
        let blobs = self.used_blobs()?;
        let folder = self.layout.root.join("blobs/sha256");
        for blob in fs::read_dir(&folder).map_err(at(&folder))? {
            let blob = blob.map_err(at(&folder))?;
            let name = blob.file_name();
            // What has no digest for a name is the rest of a writer that was killed: none runs now.
            let digest = name.to_str().and_then(|hex| format!("sha256:{hex}").parse::<Digest>().ok());
            if digest.is_some_and(|digest| blobs.contains(&digest)) {
                continue;
            }
            let bytes = blob.metadata().map_or(0, |metadata| metadata.len());
            fs::remove_file(blob.path()).map_err(at(&blob.path()))?;
            freed.blobs += 1;
            freed.bytes += bytes;
        }
        Ok(freed)
    }

    /// The manifest is written at each push. One that is not there belongs to nothing that could run.
    fn is_older(&self, digest: &Digest, before: SystemTime) -> bool {
        let written = fs::metadata(self.layout.blob_path(digest)).and_then(|metadata| metadata.modified());
        written.map_or(true, |written| written < before)
    }

    fn used_blobs(&self) -> Result<BTreeSet<Digest>> {
        let mut used = BTreeSet::new();
        for descriptor in self.layout.index()?.manifests {
            let manifest: Manifest = match self.layout.read_blob(&descriptor.digest) {
                Ok(manifest) => manifest,
                // An image that is not whole does not keep others from being cleaned up.
                Err(Error::Missing(_)) => continue,
                Err(error) => return Err(error),
            };
            let parts = manifest.layers.into_iter().chain([manifest.config, descriptor]);
            used.extend(parts.map(|blob| blob.digest));
        }
        Ok(used)
    }
}
