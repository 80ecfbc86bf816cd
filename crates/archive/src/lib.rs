//! Archives of source code from people whom nobody knows: zip, tar, tar.gz and tar.zst.
//!
//! One set of rules for every door (upload, editor, build), checked on the bytes that really come
//! out and never on what a header says. Nothing here is async: call it from a blocking task.
//!
//! ```text
//! inspect  checks, writes nothing, and tells what is inside
//! extract  the same, into an empty folder
//! read     the same, as files in memory for an editor
//! edit     a new archive from an old one and changed files
//! ```
//!
//! To add a format: a variant in `format.rs`, a file in `walk/`, a case in `tests/formats.rs`.

mod edit;
mod error;
mod extract;
mod format;
mod guess;
mod inspect;
mod limits;
mod meter;
mod path;
mod walk;

pub use edit::{TextBudget, edit, pack, read};
pub use error::ArchiveError;
pub use extract::{extract, extract_tree};
pub use format::Format;
pub use inspect::{Inspection, inspect};
pub use limits::Limits;
pub use path::check as check_path;

/// Results of this crate.
pub type Result<T, E = ArchiveError> = std::result::Result<T, E>;
