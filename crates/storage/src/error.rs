//! What can go wrong with stored bytes.

/// Errors of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL names no storage that this version has.
    #[error("{0}")]
    Url(String),
    /// A key could be something else than a name: empty, `..`, or with odd characters.
    #[error("{0:?} is no storage key")]
    Key(String),
    /// More bytes came than are allowed; what was written is gone again.
    #[error("there are more than {max} bytes")]
    TooLarge {
        /// How many are allowed.
        max: u64,
    },
    /// The sender stopped or failed; what was written is gone again.
    #[error("the upload was cut off: {0}")]
    CutOff(String),
    /// The storage does not let us in.
    #[error("the storage refused the credentials: {0}")]
    Denied(object_store::Error),
    /// There is no space left.
    #[error("the storage is full: {0}")]
    Full(object_store::Error),
    /// The storage refused or is not there.
    #[error("the storage failed: {0}")]
    Backend(object_store::Error),
    /// The folder could not be read or made.
    #[error("{path}: {cause}")]
    Folder {
        /// Which.
        path: String,
        /// What the file system said.
        cause: std::io::Error,
    },
}

/// Results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        match &error {
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                Self::Denied(error)
            }
            _ if is_full(&error) => Self::Full(error),
            _ => Self::Backend(error),
        }
    }
}

fn is_full(error: &object_store::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return matches!(io.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded);
        }
        cause = error.source();
    }
    false
}
