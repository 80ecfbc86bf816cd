//! URL → storage.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::local::LocalFileSystem;

use crate::{Error, Result, Storage, remote};

/// Opens the storage of that URL:
/// - `file:<folder>`, relative or absolute, made when missing;
/// - `s3://<bucket>/<prefix>?region=…&endpoint=…&access_key=…&secret_key=…`, MinIO too. Without keys those of
///   the machine are used (`AWS_…`, or its role);
/// - `gs://<bucket>/<prefix>?service_account=<file>`, or the machine's own account.
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
        "s3" | "gs" => remote::open(url),
        _ => Err(Error::Url(
            "The storage URL has no known scheme: use file:<folder>, s3://<bucket> or gs://<bucket>.".into(),
        )),
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
        for url in ["ftp://x", "", "file:", "/plain/path"] {
            let error = open(url).unwrap_err().to_string();
            assert!(error.contains("file:"), "{url}: {error}");
        }
    }
}
