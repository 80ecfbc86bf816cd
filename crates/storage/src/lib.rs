//! Bytes that are no rows: uploaded archives, build logs. One storage per platform, chosen by URL.
//!
//! A key is a path with `/`; the first segment says what it is (`uploads/<tenant>/<random>`).
//! Nothing is there before it is whole: a write that is refused or cut off leaves nothing behind.
//!
//! A [`Bucket`] is the same for one object that a user named: reached by the way that the caller gives.
//!
//! To add a kind of storage: a scheme in `open.rs`; everything else is the same for all.

mod bucket;
mod error;
mod key;
mod open;
mod read;
mod remote;
mod sweep;
mod write;

pub use bucket::{Bucket, Keys, Service, Way};
pub use error::{Error, Result};
pub use open::open;
pub use read::{Entry, Object};
pub use write::Stored;

use std::path::PathBuf;
use std::sync::Arc;

use object_store::ObjectStore;

/// A storage. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Storage {
    store: Arc<dyn ObjectStore>,
    /// The folder behind `file:`, for what only a folder needs.
    folder: Option<PathBuf>,
}
