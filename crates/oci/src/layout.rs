//! The OCI image layout: a folder that is a registry for one machine.
//!
//! Several processes may read and write it at once: blobs are written under another name and moved
//! into place whole, `index.json` is replaced under a lock. Who writes an image holds the folder's
//! lock together with others who do; the garbage collection waits for all of them.

mod blobs;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Serialize, de::DeserializeOwned};
use tempfile::NamedTempFile;

use self::blobs::readable;
use crate::error::at;
use crate::layer::Layer;
use crate::{Descriptor, Digest, Error, ImageConfig, Index, Manifest, REF_NAME, Result, media};

/// An image layout folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

/// An image as the layout holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Of the manifest: the image's identity.
    pub digest: Digest,
    /// Its parts.
    pub manifest: Manifest,
    /// How it is started.
    pub config: ImageConfig,
}

/// What a garbage collection took away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freed {
    /// Blobs.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Keeps the garbage collection away while an image is written; dropped at the end.
#[derive(Debug)]
#[must_use = "the garbage collection may run as soon as this is dropped"]
pub struct Writing(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

impl Layout {
    /// Opens the folder and makes what is missing.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self> {
        let layout = Self { root: root.into() };
        let blobs = layout.root.join("blobs/sha256");
        fs::create_dir_all(&blobs).map_err(at(&blobs))?;
        let _lock = layout.lock("index")?;
        if !layout.root.join("oci-layout").exists() {
            layout.replace("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#)?;
        }
        if !layout.root.join("index.json").exists() {
            layout.write_index(&Index::default())?;
        }
        Ok(layout)
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// To be held from the first blob of an image until [`Self::push`] has returned.
    pub fn writing(&self) -> Result<Writing> {
        let (file, path) = self.lock_file("images")?;
        file.lock_shared().map_err(at(&path))?;
        Ok(Writing(file))
    }

    /// Where the blob of that digest is, or would be.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs/sha256").join(digest.hex())
    }

    /// Whether the blob is there.
    pub fn contains(&self, digest: &Digest) -> bool {
        self.blob_path(digest).is_file()
    }

    /// Adds an image whose layers are in the layout, under `name` (`repository:tag`) when given. An
    /// older image of that name stays, without the name.
    pub fn push(&self, mut config: ImageConfig, layers: &[Layer], name: Option<&str>) -> Result<Image> {
        if let Some(missing) = layers.iter().find(|layer| !self.contains(&layer.blob.digest)) {
            return Err(Error::Missing(missing.blob.digest.clone()));
        }
        config.rootfs.diff_ids = layers.iter().map(|layer| layer.diff_id.clone()).collect();
        let manifest = Manifest {
            schema_version: 2,
            media_type: media::MANIFEST.to_owned(),
            config: self.put_bytes(&json(&config), media::CONFIG)?,
            layers: layers.iter().map(|layer| layer.blob.clone()).collect(),
            annotations: Default::default(),
        };
        let descriptor = self.put_bytes(&json(&manifest), media::MANIFEST)?;
        let digest = descriptor.digest.clone();
        self.change_index(|index| add(index, descriptor, name))?;
        Ok(Image { digest, manifest, config })
    }

    /// The digest of `sha256:…`, `repository@sha256:…` or a name.
    pub fn resolve(&self, reference: &str) -> Result<Option<Digest>> {
        let text = reference.rsplit_once('@').map_or(reference, |(_, digest)| digest);
        if let Ok(digest) = text.parse::<Digest>() {
            return Ok(self.contains(&digest).then_some(digest));
        }
        let index = self.index()?;
        let named = |descriptor: &&Descriptor| {
            descriptor.annotations.get(REF_NAME).is_some_and(|name| name == reference)
        };
        Ok(index.manifests.iter().rev().find(named).map(|descriptor| descriptor.digest.clone()))
    }

    /// The image of that manifest digest.
    pub fn image(&self, digest: &Digest) -> Result<Image> {
        let manifest: Manifest = self.read_blob(digest)?;
        let config = self.read_blob(&manifest.config.digest)?;
        Ok(Image { digest: digest.clone(), manifest, config })
    }

    /// All images.
    pub fn index(&self) -> Result<Index> {
        read(&self.root.join("index.json"))
    }

    /// Takes an image and its names out of the index; its blobs go with the next garbage collection.
    pub fn remove(&self, digest: &Digest) -> Result<()> {
        self.change_index(|index| index.manifests.retain(|descriptor| descriptor.digest != *digest))
    }

    /// Deletes the blobs that no image of the index refers to.
    pub fn collect_garbage(&self) -> Result<Freed> {
        let (file, path) = self.lock_file("images")?;
        file.lock().map_err(at(&path))?;
        let mut used = BTreeSet::new();
        for descriptor in self.index()?.manifests {
            let manifest: Manifest = self.read_blob(&descriptor.digest)?;
            used.extend(
                manifest.layers.into_iter().chain([manifest.config, descriptor]).map(|blob| blob.digest),
            );
        }
        let mut freed = Freed::default();
        let folder = self.root.join("blobs/sha256");
        for blob in fs::read_dir(&folder).map_err(at(&folder))? {
            let blob = blob.map_err(at(&folder))?;
            let name = blob.file_name();
            // What has no digest for a name is the rest of a writer that was killed: none runs now.
            let digest = name.to_str().and_then(|hex| format!("sha256:{hex}").parse::<Digest>().ok());
            if digest.is_some_and(|digest| used.contains(&digest)) {
                continue;
            }
            let bytes = blob.metadata().map_or(0, |metadata| metadata.len());
            fs::remove_file(blob.path()).map_err(at(&blob.path()))?;
            freed = Freed { blobs: freed.blobs + 1, bytes: freed.bytes + bytes };
        }
        Ok(freed)
    }

    fn read_blob<T: DeserializeOwned>(&self, digest: &Digest) -> Result<T> {
        if !self.contains(digest) {
            return Err(Error::Missing(digest.clone()));
        }
        read(&self.blob_path(digest))
    }

    fn change_index(&self, change: impl FnOnce(&mut Index)) -> Result<()> {
        let _lock = self.lock("index")?;
        let mut index = self.index()?;
        change(&mut index);
        self.write_index(&index)
    }

    fn write_index(&self, index: &Index) -> Result<()> {
        self.replace("index.json", &json(index))
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.root.join(name);
        let mut file = NamedTempFile::new_in(&self.root).map_err(at(&self.root))?;
        file.write_all(bytes).map_err(at(&path))?;
        readable(file.as_file()).map_err(at(&path))?;
        file.persist(&path).map_err(|error| at(&path)(error.error))?;
        Ok(())
    }

    fn lock(&self, name: &str) -> Result<File> {
        let (file, path) = self.lock_file(name)?;
        file.lock().map_err(at(&path))?;
        Ok(file)
    }

    fn lock_file(&self, name: &str) -> Result<(File, PathBuf)> {
        let path = self.root.join(format!(".{name}.lock"));
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(at(&path))?;
        Ok((file, path))
    }
}

fn add(index: &mut Index, mut descriptor: Descriptor, name: Option<&str>) {
    if let Some(name) = name {
        for other in &mut index.manifests {
            if other.annotations.get(REF_NAME).is_some_and(|present| present == name) {
                other.annotations.remove(REF_NAME);
            }
        }
        descriptor.annotations.insert(REF_NAME.to_owned(), name.to_owned());
    }
    // The nameless entry of the same image says nothing that the new one does not.
    index
        .manifests
        .retain(|other| other.digest != descriptor.digest || other.annotations.contains_key(REF_NAME));
    let known = index.manifests.iter().any(|other| other.digest == descriptor.digest);
    if name.is_some() || !known {
        index.manifests.push(descriptor);
    }
}

fn json<T: Serialize>(document: &T) -> Vec<u8> {
    serde_json::to_vec(document).expect("the documents hold text, numbers and maps with text keys only")
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = fs::read(path).map_err(at(path))?;
    serde_json::from_slice(&bytes).map_err(|cause| Error::Damaged { path: path.to_owned(), cause })
}
