//! Images of the OCI layout, unpacked once and shared by all Pods that run them.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::reference::Reference;
use super::unpack;

/// An image that is ready to run.
#[derive(Clone, Debug, Default)]
pub(in crate::workload) struct Image {
    /// Digest of its manifest.
    pub(in crate::workload) digest: String,
    /// The folder with its files; none for an image without layers.
    pub(in crate::workload) root: Option<PathBuf>,
    pub(in crate::workload) settings: Settings,
}

/// How the image wants to be started.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::workload) struct Settings {
    pub(in crate::workload) entrypoint: Option<Vec<String>>,
    pub(in crate::workload) cmd: Option<Vec<String>>,
    /// `NAME=value`
    pub(in crate::workload) env: Option<Vec<String>>,
    pub(in crate::workload) working_dir: String,
}

/// Why an image cannot be had.
#[derive(Debug, thiserror::Error)]
pub(in crate::workload) enum Error {
    #[error("failed to pull and unpack image \"{0}\": failed to resolve image: {0}: not found")]
    Absent(String),
    #[error("failed to pull and unpack image \"{name}\": {cause}")]
    Broken { name: String, cause: io::Error },
}

/// Finds and unpacks images. Clones share what is known.
#[derive(Clone)]
pub(in crate::workload) struct Images {
    layout: Arc<PathBuf>,
    folder: Arc<PathBuf>,
    known: Arc<Mutex<HashMap<String, Image>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    media_type: String,
    digest: String,
    #[serde(default)]
    annotations: HashMap<String, String>,
}

impl Images {
    /// `layout` is where images are looked up, `folder` where they are unpacked.
    pub(in crate::workload) fn new(layout: PathBuf, folder: PathBuf) -> Self {
        Self { layout: Arc::new(layout), folder: Arc::new(folder), known: Arc::default() }
    }

    /// The image, unpacked if this is the first time.
    pub(in crate::workload) async fn get(&self, reference: &Reference) -> Result<Image, Error> {
        let store = self.clone();
        let digest = match &reference.digest {
            Some(digest) => digest.clone(),
            None => self.find(reference)?,
        };
        // Held meanwhile: nobody unpacks the same image twice at once.
        let mut known = self.known.lock().await;
        if let Some(image) = known.get(&digest) {
            return Ok(image.clone());
        }
        let name = reference.name.clone();
        let loaded = tokio::task::spawn_blocking(move || store.load(&digest));
        let loaded = loaded.await.unwrap_or_else(|error| Err(io::Error::other(error)));
        let image = loaded.map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => Error::Absent(name),
            _ => Error::Broken { name, cause },
        })?;
        known.insert(image.digest.clone(), image.clone());
        Ok(image)
    }

    /// A manifest by its name: the whole reference, or the tag alone as some tools write it.
    fn find(&self, reference: &Reference) -> Result<String, Error> {
        let absent = || Error::Absent(reference.name.clone());
        let index: Value = read_json(&self.layout.join("index.json")).map_err(|_| absent())?;
        let manifests = Vec::<Descriptor>::deserialize(&index["manifests"]).map_err(|_| absent())?;
        let named = |descriptor: &&Descriptor| {
            let name =
                |key: &str| descriptor.annotations.get(key).is_some_and(|name| *name == reference.name);
            name("org.opencontainers.image.ref.name") || name("io.containerd.image.name")
        };
        manifests.iter().rev().find(named).map(|found| found.digest.clone()).ok_or_else(absent)
    }

    fn load(&self, digest: &str) -> io::Result<Image> {
        let mut manifest: Value = read_json(&self.blob(digest)?)?;
        if let Some(first) = manifest["manifests"][0]["digest"].as_str() {
            manifest = read_json(&self.blob(first)?)?;
        }
        let config: Value = match manifest["config"]["digest"].as_str() {
            Some(config) => read_json(&self.blob(config)?)?,
            None => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the manifest names no configuration",
                ));
            }
        };
        let settings = Settings::deserialize(&config["config"]).unwrap_or_default();
        let layers = Vec::<Descriptor>::deserialize(&manifest["layers"])?;
        let root = if layers.is_empty() { None } else { Some(self.unpack(digest, &layers)?) };
        Ok(Image { digest: digest.to_owned(), root, settings })
    }

    fn unpack(&self, digest: &str, layers: &[Descriptor]) -> io::Result<PathBuf> {
        let done = self.folder.join(digest.replace(':', "-"));
        if done.is_dir() {
            return Ok(done);
        }
        fs::create_dir_all(&*self.folder)?;
        let fresh = tempfile::Builder::new().prefix(".unpack-").tempdir_in(&*self.folder)?;
        for layer in layers {
            unpack::layer(&self.blob(&layer.digest)?, &layer.media_type, fresh.path())?;
        }
        // Whole or not there: a kill leaves only a folder with another name.
        fs::rename(fresh.keep(), &done)?;
        Ok(done)
    }

    fn blob(&self, digest: &str) -> io::Result<PathBuf> {
        let (algorithm, hex) = digest.split_once(':').unwrap_or_default();
        if algorithm.is_empty() || !digest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b':') {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "malformed digest"));
        }
        Ok(self.layout.join("blobs").join(algorithm).join(hex))
    }
}

fn read_json(path: &Path) -> io::Result<Value> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}
