//! Image bytes: digests, layers, manifests and the OCI image layout on disk.
//!
//! Everything that is written is written the same way for the same input (sorted, without times and
//! owners), so that an unchanged function has an unchanged digest. That is also why the documents
//! are types of our own: maps in them are sorted when they are serialised.

mod digest;
mod document;
mod error;
pub mod layer;
mod layout;
mod unpack;

pub use digest::{Digest, Hashing, InvalidDigest};
pub use document::{
    ContainerConfig, Descriptor, ImageConfig, Index, Manifest, REF_NAME, REPOSITORY, RootFs, media,
};
pub use error::{Error, Result};
pub use layer::{Compression, Layer};
pub use layout::{Entry, Freed, Image, Layout, Sweep, Using};
pub use unpack::unpack;
