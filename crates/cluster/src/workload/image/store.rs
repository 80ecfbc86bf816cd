//! Images of the OCI layout, unpacked once and shared by all Pods that run them.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use oci::{ContainerConfig, Digest, Layout};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::reference::Reference;

/// What one layer may unpack to: far more than the platform ever puts into one.
const LAYER_BYTES: u64 = 4 << 30;

/// An image that is ready to run.
#[derive(Clone, Debug)]
pub(in crate::workload) struct Image {
    /// Of its manifest.
    pub(in crate::workload) digest: Digest,
    /// The folder with its files; none for an image without layers.
    pub(in crate::workload) root: Option<Arc<Path>>,
    /// How it wants to be started.
    pub(in crate::workload) config: ContainerConfig,
}

/// Why an image cannot be had.
#[derive(Debug, thiserror::Error)]
pub(in crate::workload) enum Error {
    #[error("failed to pull and unpack image \"{0}\": failed to resolve image: {0}: not found")]
    Absent(String),
    #[error("failed to pull and unpack image \"{name}\": {cause}")]
    Broken { name: String, cause: oci::Error },
    #[error("failed to pull and unpack image \"{name}\": {cause}")]
    Folder { name: String, cause: io::Error },
}

/// Finds and unpacks images. Clones share what is known.
#[derive(Clone)]
pub(in crate::workload) struct Images {
    layout: Layout,
    folder: Arc<PathBuf>,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    unpacked: HashMap<Digest, Image>,
    /// References by digest, which always lead to the same image: the index is not read for each start.
    resolved: HashMap<String, Digest>,
}

impl Images {
    /// `layout` is where images are looked up, `folder` where they are unpacked.
    pub(in crate::workload) fn open(layout: &Path, folder: PathBuf) -> oci::Result<Self> {
        Ok(Self { layout: Layout::open(layout)?, folder: Arc::new(folder), known: Arc::default() })
    }

    /// The image for a Pod of that namespace, unpacked if this is the first time.
    pub(in crate::workload) async fn get(
        &self,
        reference: &Reference,
        namespace: &str,
    ) -> Result<Image, Error> {
        let name = reference.name.clone();
        let broken = |cause| Error::Broken { name: name.clone(), cause };
        let absent = || Error::Absent(name.clone());
        if !reference.is_open_to(namespace) {
            return Err(absent());
        }
        // Held meanwhile: nobody unpacks the same image twice at once, or removes what is being started.
        let mut known = self.known.lock().await;
        let digest = match known.resolved.get(&name) {
            Some(digest) => digest.clone(),
            None => self.layout.resolve(&name).map_err(broken)?.ok_or_else(absent)?,
        };
        if name.contains('@') {
            known.resolved.insert(name.clone(), digest.clone());
        }
        if let Some(image) = known.unpacked.get(&digest) {
            return Ok(image.clone());
        }
        let store = self.clone();
        let loading = tokio::task::spawn_blocking(move || store.load(&name));
        let failed = |cause| Error::Folder { name: reference.name.clone(), cause: io::Error::other(cause) };
        let image = loading.await.map_err(failed)??;
        known.unpacked.insert(image.digest.clone(), image.clone());
        Ok(image)
    }

    /// Removes unpacked images that the layout has no more and that no container runs from; how many.
    pub(in crate::workload) async fn sweep(&self) -> oci::Result<usize> {
        let mut known = self.known.lock().await;
        let index = self.layout.index()?;
        let listed = |digest: &Digest| index.manifests.iter().any(|entry| entry.digest == *digest);
        let running = |image: &Image| image.root.as_ref().is_some_and(|root| Arc::strong_count(root) > 1);
        known.unpacked.retain(|digest, image| listed(digest) || running(image));
        known.resolved.clear();
        let kept: HashSet<&str> = known
            .unpacked
            .keys()
            .chain(index.manifests.iter().map(|entry| &entry.digest))
            .map(Digest::hex)
            .collect();
        let mut removed = 0;
        for folder in fs::read_dir(&*self.folder).into_iter().flatten().flatten() {
            // A name that is no digest is what a killed platform left behind: nobody unpacks now.
            let name = folder.file_name();
            if name.to_str().is_some_and(|name| kept.contains(name)) {
                continue;
            }
            match fs::remove_dir_all(folder.path()) {
                Ok(()) => removed += 1,
                Err(error) => {
                    tracing::warn!(%error, folder = %folder.path().display(), "an image cannot be removed");
                }
            }
        }
        Ok(removed)
    }

    /// [`Images::sweep`] at the start and then regularly.
    pub(in crate::workload) async fn sweep_regularly(self, every: Duration, stop: CancellationToken) {
        loop {
            match self.sweep().await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(images.removed = removed, "unpacked images were removed"),
                Err(error) => tracing::warn!(%error, "the image folder cannot be read"),
            }
            if stop.run_until_cancelled(tokio::time::sleep(every)).await.is_none() {
                return;
            }
        }
    }

    fn load(&self, name: &str) -> Result<Image, Error> {
        let broken = |cause| Error::Broken { name: name.to_owned(), cause };
        // Looked up once more: until here it may have been removed, from here on it cannot be.
        let _using = self.layout.using().map_err(broken)?;
        let digest = self.layout.resolve(name).map_err(broken)?;
        let digest = digest.ok_or_else(|| Error::Absent(name.to_owned()))?;
        let image = self.layout.image(&digest).map_err(broken)?;
        let root = if image.manifest.layers.is_empty() { None } else { Some(self.unpack(name, &image)?) };
        Ok(Image { digest: image.digest, root, config: image.config.config })
    }

    fn unpack(&self, name: &str, image: &oci::Image) -> Result<Arc<Path>, Error> {
        let failed = |cause| Error::Folder { name: name.to_owned(), cause };
        let done = self.folder.join(image.digest.hex());
        if done.is_dir() {
            return Ok(done.into());
        }
        fs::create_dir_all(&*self.folder).map_err(failed)?;
        let fresh = tempfile::Builder::new().prefix(".unpack-").tempdir_in(&*self.folder).map_err(failed)?;
        for layer in &image.manifest.layers {
            let blob = File::open(self.layout.blob_path(&layer.digest)).map_err(failed)?;
            oci::unpack(BufReader::new(blob), &layer.media_type, fresh.path(), LAYER_BYTES)
                .map_err(|cause| Error::Broken { name: name.to_owned(), cause })?;
        }
        // Whole or not there: a kill leaves only a folder with another name.
        fs::rename(fresh.keep(), &done).map_err(failed)?;
        Ok(done.into())
    }
}
