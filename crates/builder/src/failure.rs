//! Why a build ends without an image.

use std::fmt::Display;

use domain::build::{BuildFailure, FailureCategory};

/// The failure of a step, or anything that `?` turns into one.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.message)]
pub(crate) struct Failure(pub(crate) BuildFailure);

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    pub(crate) fn new(category: FailureCategory, message: impl Into<String>) -> Self {
        Self(BuildFailure { category, message: message.into() })
    }

    /// A fault of the platform; `what` says which part of the work, the cause is for the log.
    pub(crate) fn internal(what: &str, cause: impl Display) -> Self {
        Self::new(FailureCategory::Internal, format!("{what}: {cause}."))
    }
}

/// `result.or_internal("what could not be done")?`
pub(crate) trait OrInternal<T> {
    fn or_internal(self, what: &str) -> Result<T>;
}

impl<T, E: Display> OrInternal<T> for Result<T, E> {
    fn or_internal(self, what: &str) -> Result<T> {
        self.map_err(|cause| Failure::internal(what, cause))
    }
}
