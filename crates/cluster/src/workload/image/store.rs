//! Images of the OCI layout, unpacked once and shared by all Pods that run them.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use oci::{ContainerConfig, Digest, Layout};
use tokio_util::sync::CancellationToken;

use super::locks::Locks;
use super::reference::Reference;

/// What one layer may unpack to: far more than the platform ever puts into one.
const LAYER_BYTES: u64 = 4 << 30;

/// What the folder of an image is called until it is whole; its digest follows.
const UNPACKING: &str = ".unpack-";

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
    /// Held while the folder of an image is made or removed.
    locks: Locks,
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
        let (known, locks) = (Arc::default(), Locks::default());
        Ok(Self { layout: Layout::open(layout)?, folder: Arc::new(folder), known, locks })
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
        loop {
            let resolved = self.known().resolved.get(&name).cloned();
            let digest = match resolved {
                Some(digest) => digest,
                None => self.layout.resolve(&name).map_err(broken)?.ok_or_else(absent)?,
            };
            if name.contains('@') {
                self.known().resolved.insert(name.clone(), digest.clone());
            }
            // Nobody unpacks the same image twice at once; others are not waited for.
            let lock = self.locks.of(digest.hex()).lock_owned().await;
            if let Some(image) = self.known().unpacked.get(&digest) {
                return Ok(image.clone());
            }
            let (store, wanted, load) = (self.clone(), digest.clone(), name.clone());
            let loading = tokio::task::spawn_blocking(move || {
                // Until it is done, also when nobody waits for it any more.
                let _lock = lock;
                let image = store.load(&load, &wanted)?;
                if let Some(image) = &image {
                    store.known().unpacked.insert(wanted, image.clone());
                }
                Ok(image)
            });
            let failed =
                |cause| Error::Folder { name: reference.name.clone(), cause: io::Error::other(cause) };
            // The name may lead to another image by now.
            if let Some(image) = loading.await.map_err(failed)?? {
                return Ok(image);
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes unpacked images that the layout has no more and that no container runs from; how many.
    pub(in crate::workload) async fn sweep(&self) -> oci::Result<usize> {
        let index = self.layout.index()?;
        let listed = |hex: &str| index.manifests.iter().any(|entry| entry.digest.hex() == hex);
        let running = |image: &Image| image.root.as_ref().is_some_and(|root| Arc::strong_count(root) > 1);
        {
            let mut known = self.known();
            known.unpacked.retain(|digest, image| listed(digest.hex()) || running(image));
            known.resolved.clear();
        }
        let mut removed = 0;
        for folder in fs::read_dir(&*self.folder).into_iter().flatten().flatten() {
            let name = folder.file_name();
            let Some(name) = name.to_str() else { continue };
            let hex = name.strip_prefix(UNPACKING).and_then(|rest| rest.split('-').next()).unwrap_or(name);
            // Whoever holds it is just making the folder.
            let Ok(_lock) = self.locks.of(hex).try_lock_owned() else { continue };
            let used = || self.known().unpacked.keys().any(|digest| digest.hex() == name);
            // A name that is no digest is what a killed platform left behind.
            if name == hex && (listed(hex) || used()) {
                continue;
            }
            match fs::remove_dir_all(folder.path()) {
                Ok(()) => removed += 1,
                Err(error) => {
                    tracing::warn!(%error, folder = %folder.path().display(), "an image cannot be removed");
                }
            }
        }
        self.locks.tidy();
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

    /// None if the name leads to another image than the wanted one.
    fn load(&self, name: &str, wanted: &Digest) -> Result<Option<Image>, Error> {
        let broken = |cause| Error::Broken { name: name.to_owned(), cause };
        // Looked up once more: until here it may have been removed, from here on it cannot be.
        let _using = self.layout.using().map_err(broken)?;
        let digest = self.layout.resolve(name).map_err(broken)?;
        let digest = digest.ok_or_else(|| Error::Absent(name.to_owned()))?;
        if digest != *wanted {
            return Ok(None);
        }
        let image = self.layout.image(&digest).map_err(broken)?;
        let root = if image.manifest.layers.is_empty() { None } else { Some(self.unpack(name, &image)?) };
        Ok(Some(Image { digest: image.digest, root, config: image.config.config }))
    }

    fn unpack(&self, name: &str, image: &oci::Image) -> Result<Arc<Path>, Error> {
        let failed = |cause| Error::Folder { name: name.to_owned(), cause };
        let done = self.folder.join(image.digest.hex());
        if done.is_dir() {
            return Ok(done.into());
        }
        fs::create_dir_all(&*self.folder).map_err(failed)?;
        let prefix = format!("{UNPACKING}{}-", image.digest.hex());
        let fresh = tempfile::Builder::new().prefix(&prefix).tempdir_in(&*self.folder).map_err(failed)?;
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

#[cfg(test)]
mod tests {
    use oci::{ImageConfig, layer::Entry};

    use super::*;

    fn image(layout: &Layout, name: &str) -> Digest {
        let _writing = layout.using().unwrap();
        let entries = vec![Entry::bytes("function/name", name)];
        let layer = layout.put_layer(entries, oci::Compression::Gzip).unwrap();
        layout.push(ImageConfig::new(ContainerConfig::default()), &[layer], Some(name)).unwrap().digest
    }

    #[tokio::test]
    async fn an_image_that_is_unpacked_held_up_the_start_of_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::open(folder.path().join("layout")).unwrap();
        let slow = image(&layout, "default/slow:1");
        image(&layout, "default/other:1");
        let images = Images::open(layout.root(), folder.path().join("images")).unwrap();
        let unpacking = images.locks.of(slow.hex()).lock_owned().await;
        let half = folder.path().join("images").join(format!("{UNPACKING}{}-1", slow.hex()));
        fs::create_dir_all(&half).unwrap();

        let other = images.get(&Reference::parse("default/other:1").unwrap(), "default").await.unwrap();
        assert!(other.root.unwrap().join("function/name").is_file());
        images.sweep().await.unwrap();
        assert!(half.is_dir(), "somebody is writing it");
        drop(unpacking);
        assert_eq!(images.sweep().await.unwrap(), 1);
        assert!(!half.exists());
    }
}
