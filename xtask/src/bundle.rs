//! The files of `web/` before they are written: logical name, hashed name, content.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::{cache::Cache, compress};

/// Files by logical name (`app.js`), each under a name with the hash of its content.
#[derive(Default)]
pub(crate) struct Bundle(BTreeMap<String, (String, Vec<u8>)>);

impl Bundle {
    /// Adds a file; the answer is its hashed name, for those that refer to it.
    pub(crate) fn add(&mut self, name: &str, content: Vec<u8>) -> String {
        let hash = hex::encode(&Sha256::digest(&content)[..5]);
        let (stem, end) = name.rsplit_once('.').unwrap_or((name, "bin"));
        let hashed = format!("{stem}.{hash}.{end}");
        self.0.insert(name.to_owned(), (hashed.clone(), content));
        hashed
    }

    /// `manifest.json`: logical name to hashed name.
    fn manifest(&self) -> Result<Vec<u8>> {
        let names: BTreeMap<_, _> = self.0.iter().map(|(name, (hashed, _))| (name, hashed)).collect();
        Ok(serde_json::to_vec_pretty(&names)?)
    }

    /// Writes all files to a new folder and moves it into the place of `folder`, whole.
    pub(crate) fn write(&self, folder: &Path, cache: &Cache, compressed: bool) -> Result<()> {
        let manifest = self.manifest()?;
        let complete = |name: &String| {
            folder.join(name).exists() && (!compressed || folder.join(format!("{name}.br")).exists())
        };
        if fs::read(folder.join("manifest.json")).is_ok_and(|old| old == manifest)
            && self.0.values().filter(|(name, _)| !is_packed(name)).all(|(name, _)| complete(name))
        {
            println!("web: nothing changed");
            return Ok(());
        }
        let new = folder.with_extension("new");
        let old = folder.with_extension("old");
        for left_over in [&new, &old] {
            if left_over.exists() {
                fs::remove_dir_all(left_over)?;
            }
        }
        fs::create_dir_all(&new).with_context(|| format!("cannot make {}", new.display()))?;
        for (hashed, content) in self.0.values() {
            fs::write(new.join(hashed), content)?;
            if compressed && !is_packed(hashed) {
                let br = cache.get("br", content, || compress::brotli(content))?;
                let gz = cache.get("gz", content, || compress::gzip(content))?;
                fs::write(new.join(format!("{hashed}.br")), br)?;
                fs::write(new.join(format!("{hashed}.gz")), gz)?;
            }
        }
        fs::write(new.join("manifest.json"), manifest)?;
        if folder.exists() {
            fs::rename(folder, &old)?;
        }
        fs::rename(&new, folder)?;
        if old.exists() {
            fs::remove_dir_all(&old)?;
        }
        println!("web: {} files in {}", self.0.len(), folder.display());
        Ok(())
    }
}

/// Whether the format is compressed in itself.
fn is_packed(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end == "woff2" || end == "png")
}
