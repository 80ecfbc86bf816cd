//! URL → storage.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::local::LocalFileSystem;

use crate::{Error, Result, Storage};

/// Opens the storage of that URL: `file:<folder>` (relative or absolute, made when missing).
pub fn open(url: &str) -> Result<Storage> {
    let (scheme, rest) = url.split_once(':').unwrap_or(("", url));
    match scheme {
        "file" => {
            let folder = rest.strip_prefix("//").unwrap_or(rest);
            if folder.is_empty() {
                return Err(Error::Url(
                    "The storage URL file: needs a folder, as in file:/var/lib/kl/files.".into(),
                ));
            }
            open_folder(Path::new(folder))
        }
        "s3" | "gs" => Err(Error::Url(format!(
            "Storage at {scheme}: is not part of this version: use file:<folder> for KL_STORAGE_URL."
        ))),
        _ => Err(Error::Url(format!("The storage URL {url:?} has no known scheme: use file:<folder>."))),
    }
}

fn open_folder(folder: &Path) -> Result<Storage> {
    let failed = |cause| Error::Folder { path: folder.display().to_string(), cause };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let folder: PathBuf = folder.canonicalize().map_err(failed)?;
    let store = LocalFileSystem::new_with_prefix(&folder)?.with_fsync(true).with_automatic_cleanup(true);
    Ok(Storage { store: Arc::new(store), folder: Some(folder) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_cannot_be_served_is_refused_with_a_sentence() {
        for url in ["s3://bucket", "gs://bucket", "ftp://x", "", "file:", "/plain/path"] {
            let error = open(url).unwrap_err().to_string();
            assert!(error.contains("file:"), "{url}: {error}");
        }
    }
}
