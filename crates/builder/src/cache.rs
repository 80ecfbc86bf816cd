//! Layers by what they were made from: unchanged dependencies are not installed again.
//!
//! Dependencies are kept per tenant, so that no tenant's installation ever ends up in another's function;
//! the wrapper of a language, which is made of our own files alone, for all.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use domain::{Clock, SystemClock, TenantName};
use oci::{Layer, Layout};
use sha2::{Digest, Sha256};

use crate::failure::{OrInternal, Result};
use crate::prune::of_files;

/// Changed when the way of installing changes.
const GENERATION: &str = "2";

/// Names an installation by everything that goes into it.
pub(crate) struct Key(Sha256);

impl Key {
    pub(crate) fn new(language: &str, version: &str) -> Self {
        let mut key = Self(Sha256::new());
        for part in [GENERATION, language, version, std::env::consts::ARCH] {
            key.add(part, b"");
        }
        key
    }

    pub(crate) fn name(&self) -> String {
        hex::encode(self.0.clone().finalize())
    }

    /// A file, or anything else that matters.
    pub(crate) fn add(&mut self, name: &str, content: &[u8]) {
        // With lengths, so that no two lists of parts read alike.
        self.0.update((name.len() as u64).to_le_bytes());
        self.0.update(name);
        self.0.update((content.len() as u64).to_le_bytes());
        self.0.update(content);
    }

    /// All files under `folder` that `keep` lets through.
    pub(crate) fn add_folder(&mut self, folder: &Path, keep: impl Fn(&str) -> bool) -> Result<()> {
        let mut entries =
            oci::layer::entries(folder, "", keep).or_internal("The workspace cannot be read")?;
        entries.sort_by(|a, b| a.path.cmp(&b.path));
        for entry in entries {
            if let oci::layer::Content::File(path) = entry.content {
                let bytes = fs::read(&path).or_internal("The workspace cannot be read")?;
                self.add(&entry.path, &bytes);
            }
        }
        Ok(())
    }
}

/// A folder with layers.
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// For the dependencies of one tenant.
    pub(crate) fn of_tenant(root: &Path, tenant: &TenantName) -> Result<Self> {
        Self::open(root.join("dependencies").join(tenant.as_str()))
    }

    /// For what only the platform puts in.
    pub(crate) fn of_platform(root: &Path) -> Result<Self> {
        Self::open(root.join("runtimes"))
    }

    fn open(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).or_internal("The cache cannot be used")?;
        Ok(Self { folder })
    }

    /// The layer of that key, put into `layout` when it is not there.
    pub(crate) fn get(&self, key: &Key, layout: &Layout) -> Option<Layer> {
        let (about, blob) = self.paths(key);
        let layer: Layer = serde_json::from_slice(&fs::read(&about).ok()?).ok()?;
        if !layout.contains(&layer.blob.digest) {
            // A damaged file is like none: its digest is compared.
            layout.put_blob(File::open(blob).ok()?, &layer.blob.digest).ok()?;
        }
        // What is used stays longest. A cache that cannot be written is one all the same.
        let _ = File::options()
            .append(true)
            .open(about)
            .and_then(|file| file.set_modified(of_files(SystemClock.now())));
        Some(layer)
    }

    /// Keeps a layer that is in `layout`.
    pub(crate) fn put(&self, key: &Key, layer: &Layer, layout: &Layout) -> Result<()> {
        let (about, blob) = self.paths(key);
        let what = "The cache cannot be written";
        let mut file = self.temporary()?;
        let mut source = File::open(layout.blob_path(&layer.blob.digest)).or_internal(what)?;
        std::io::copy(&mut source, &mut file).or_internal(what)?;
        file.persist(blob).or_internal(what)?;
        let mut file = self.temporary()?;
        file.write_all(&serde_json::to_vec(layer).or_internal(what)?).or_internal(what)?;
        file.persist(about).or_internal(what)?;
        Ok(())
    }

    fn temporary(&self) -> Result<tempfile::NamedTempFile> {
        tempfile::NamedTempFile::new_in(&self.folder).or_internal("The cache cannot be written")
    }

    fn paths(&self, key: &Key) -> (PathBuf, PathBuf) {
        let name = key.name();
        (self.folder.join(format!("{name}.json")), self.folder.join(format!("{name}.layer")))
    }
}
