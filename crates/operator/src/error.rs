//! What can stop a reconcile; each is tried again with a growing wait.

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a reconcile did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API server refused or was not there.
    #[error("the Kubernetes API: {0}")]
    Kube(#[from] Box<kube::Error>),
    /// The bus refused or was not there.
    #[error("the event bus: {0}")]
    Bus(#[from] bus::Error),
    /// An object without what every stored object has: a name, a namespace, a uid.
    #[error("the object has no {0}")]
    Incomplete(&'static str),
    /// An object that can not be written as JSON.
    #[error("the object can not be encoded: {0}")]
    Encode(#[from] serde_json::Error),
}

impl From<kube::Error> for Error {
    fn from(error: kube::Error) -> Self {
        Self::Kube(Box::new(error))
    }
}

impl Error {
    /// Someone else wrote first, or the object is on its way: worth an early second try, not a word in the log.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Kube(error) if matches!(&**error, kube::Error::Api(status) if status.code == 409))
    }

    /// What the API server says of an object that it refuses for what is in it: only another spec, quota or policy
    /// helps, so that it is the user's to know.
    pub(crate) fn refusal(&self) -> Option<&str> {
        match self {
            Self::Kube(error) => match &**error {
                kube::Error::Api(status) if matches!(status.code, 400 | 403 | 413 | 422) => {
                    Some(&status.message)
                }
                _ => None,
            },
            _ => None,
        }
    }
}
