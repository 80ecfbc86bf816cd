//! A copy of the workspace, for tools that write beside what they read.

use std::fs;
use std::path::Path;

use oci::layer::Content;

use crate::failure::{OrInternal, Result};

/// Copies the files that `keep` lets through into the folder `to`.
pub(super) fn copy(from: &Path, to: &Path, keep: impl Fn(&str) -> bool) -> Result<()> {
    let what = "The workspace cannot be copied";
    for entry in oci::layer::entries(from, "", keep).or_internal(what)? {
        let target = to.join(entry.path.trim_start_matches('/'));
        match entry.content {
            Content::Folder => fs::create_dir_all(target).or_internal(what)?,
            Content::File(path) => {
                if let Some(parent) = target.parent() {
                    fs::create_dir_all(parent).or_internal(what)?;
                }
                fs::copy(path, target).or_internal(what)?;
            }
            // The archive rules let none through.
            Content::Link(_) | Content::Bytes(_) => {}
        }
    }
    Ok(())
}
