//! Results by the hash of what they were made from, so that nothing unchanged is made again.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

/// A folder of files named by a hash; safe to delete at any time.
pub(crate) struct Cache(PathBuf);

impl Cache {
    pub(crate) fn open(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self(folder))
    }

    /// What `make` made of `input` before, or makes now. `kind` names the step and its settings.
    pub(crate) fn get(
        &self,
        kind: &str,
        input: &[u8],
        make: impl FnOnce() -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        let mut hash = Sha256::new();
        hash.update(kind.as_bytes());
        hash.update([0]);
        hash.update(input);
        let path = self.0.join(format!("{kind}-{}", hex::encode(&hash.finalize()[..16])));
        if let Ok(found) = fs::read(&path) {
            return Ok(found);
        }
        let made = make()?;
        // Whole or not at all: an interrupted build must not leave half a result under a good name.
        let part = path.with_extension(format!("part{}", std::process::id()));
        fs::write(&part, &made)?;
        fs::rename(&part, &path)?;
        Ok(made)
    }
}
