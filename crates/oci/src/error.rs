//! What can go wrong with image bytes.

use std::io;
use std::path::{Path, PathBuf};

use crate::{Digest, InvalidDigest};

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("{}: {cause}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What it said.
        cause: io::Error,
    },
    /// A document of the layout is not what it should be.
    #[error("{} is damaged: {cause}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where.
        cause: serde_json::Error,
    },
    /// A blob that something refers to is not there.
    #[error("the blob {0} is not in the layout")]
    Missing(Digest),
    /// The bytes are not those that the digest names.
    #[error("the content has the digest {found}, not {expected}")]
    Mismatch {
        /// As it was told.
        expected: Digest,
        /// As it is.
        found: Digest,
    },
    /// An entry of a layer would be made outside of the folder, or is a device.
    #[error("the layer holds {path}, which {why}")]
    Unsafe {
        /// The entry.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A layer unpacks to more than was allowed.
    #[error("the layer unpacks to more than {0} bytes")]
    TooLarge(u64),
    /// A layer's compression is not known.
    #[error("layers of type {0} cannot be read")]
    MediaType(String),
    /// A text is no digest.
    #[error(transparent)]
    Digest(#[from] InvalidDigest),
}

/// Results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Names the file in an error of the file system.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Error + '_ {
    move |cause| Error::File { path: path.to_owned(), cause }
}
