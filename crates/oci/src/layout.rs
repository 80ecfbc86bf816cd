//! The OCI image layout: a folder that is a registry for one machine.
//!
//! Several processes may read and write it at once: blobs are written under another name and moved
//! into place whole, `index.json` is replaced under a lock. Who writes or reads an image holds the folder's
//! lock together with others who do; a [`Sweep`] has it alone.

mod adopt;
mod blobs;
mod entry;
mod sweep;

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Serialize, de::DeserializeOwned};
use tempfile::NamedTempFile;

use self::blobs::readable;
pub use self::entry::Entry;
pub use self::sweep::{Freed, Sweep};
use crate::error::at;
use crate::layer::Layer;
use crate::{Digest, Error, ImageConfig, Index, Manifest, Result, media};

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

/// Keeps a [`Sweep`] away while an image is written or read; dropped at the end.
#[derive(Debug)]
#[must_use = "images may be removed as soon as this is dropped"]
pub struct Using(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

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

    /// To be held from the first blob of an image until [`Self::push`] has returned, and from
    /// [`Self::resolve`] until its layers are read.
    pub fn using(&self) -> Result<Using> {
        let (file, path) = self.lock_file("images")?;
        file.lock_shared().map_err(at(&path))?;
        Ok(Using(file))
    }

    /// To remove images; none while one is written or read.
    pub fn sweep(&self) -> Result<Option<Sweep>> {
        let (file, path) = self.lock_file("images")?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Sweep::new(self.clone(), file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(cause)) => Err(at(&path)(cause)),
        }
    }

    /// Where the blob of that digest is, or would be.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("blobs/sha256").join(digest.hex())
    }

    /// Whether the blob is there.
    pub fn contains(&self, digest: &Digest) -> bool {
        self.blob_path(digest).is_file()
    }

    /// Adds an image whose layers are in the layout, under `name` (`repository:tag`) when given: its digest
    /// is then found in that repository. An older image of that name stays, without the tag.
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
        let descriptor = self.put_anew(&json(&manifest), media::MANIFEST)?;
        let digest = descriptor.digest.clone();
        self.change_index(|index| entry::add(index, descriptor, name))?;
        Ok(Image { digest, manifest, config })
    }

    /// The digest of `repository:tag` or `repository@sha256:…`. Who knows the digest of an image in one
    /// repository does not find it through another, or without any.
    pub fn resolve(&self, reference: &str) -> Result<Option<Digest>> {
        let index = self.index()?;
        Ok(entry::find(&index, reference).map(|descriptor| descriptor.digest.clone()))
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

fn json<T: Serialize>(document: &T) -> Vec<u8> {
    serde_json::to_vec(document).expect("the documents hold text, numbers and maps with text keys only")
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = fs::read(path).map_err(at(path))?;
    serde_json::from_slice(&bytes).map_err(|cause| Error::Damaged { path: path.to_owned(), cause })
}
