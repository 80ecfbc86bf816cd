//! Images of the OCI layout, unpacked once and shared by all Pods that run them.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oci::{ContainerConfig, Digest, Layout};
use tokio::sync::Mutex;

use super::reference::Reference;

/// What one layer may unpack to: far more than the platform ever puts into one.
const LAYER_BYTES: u64 = 4 << 30;

/// An image that is ready to run.
#[derive(Clone, Debug)]
pub(in crate::workload) struct Image {
    /// Of its manifest.
    pub(in crate::workload) digest: Digest,
    /// The folder with its files; none for an image without layers.
    pub(in crate::workload) root: Option<PathBuf>,
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
    known: Arc<Mutex<HashMap<Digest, Image>>>,
}

impl Images {
    /// `layout` is where images are looked up, `folder` where they are unpacked.
    pub(in crate::workload) fn open(layout: &Path, folder: PathBuf) -> oci::Result<Self> {
        Ok(Self { layout: Layout::open(layout)?, folder: Arc::new(folder), known: Arc::default() })
    }

    /// The image, unpacked if this is the first time.
    pub(in crate::workload) async fn get(&self, reference: &Reference) -> Result<Image, Error> {
        let name = reference.name.clone();
        let broken = |cause| Error::Broken { name: name.clone(), cause };
        let digest =
            self.layout.resolve(&name).map_err(broken)?.ok_or_else(|| Error::Absent(name.clone()))?;
        // Held meanwhile: nobody unpacks the same image twice at once.
        let mut known = self.known.lock().await;
        if let Some(image) = known.get(&digest) {
            return Ok(image.clone());
        }
        let (store, wanted) = (self.clone(), digest.clone());
        let loading = tokio::task::spawn_blocking(move || store.load(&name, &wanted));
        let failed = |cause| Error::Folder { name: reference.name.clone(), cause: io::Error::other(cause) };
        let image = loading.await.map_err(failed)??;
        known.insert(digest, image.clone());
        Ok(image)
    }

    fn load(&self, name: &str, digest: &Digest) -> Result<Image, Error> {
        let broken = |cause| Error::Broken { name: name.to_owned(), cause };
        let image = self.layout.image(digest).map_err(broken)?;
        let root = if image.manifest.layers.is_empty() { None } else { Some(self.unpack(name, &image)?) };
        Ok(Image { digest: image.digest, root, config: image.config.config })
    }

    fn unpack(&self, name: &str, image: &oci::Image) -> Result<PathBuf, Error> {
        let failed = |cause| Error::Folder { name: name.to_owned(), cause };
        let done = self.folder.join(image.digest.hex());
        if done.is_dir() {
            return Ok(done);
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
        Ok(done)
    }
}
