//! What is kept: objects in all their recent versions, the kinds they are of, and the rules about them.
//!
//! A new built-in kind is a row in `kinds.rs`; its defaults and rules go into `builtin`.

pub mod admission;
pub mod builtin;
pub mod cel;
pub mod conversion;
pub mod crd;
pub mod finalizer;
pub mod garbage;
mod kinds;
pub mod metadata;
pub mod namespace;
pub mod object;
pub mod resource;
pub mod resources;
pub mod schema;
pub mod selector;
pub mod storage;
pub mod version;

pub use object::Object;
pub use resource::{Resource, Subresource};
pub use resources::Resources;
pub use storage::{Key, Registry, Stored};
