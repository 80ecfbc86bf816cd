//! Whose certificates are believed: the machine's authorities and the administrator's.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{OrInternal, Result};
use crate::process::CERTIFICATES;

/// One file with all of them, in `folder`.
pub(super) fn bundle(extra: Option<&Path>, folder: &Path) -> Result<PathBuf> {
    // A machine without any is one that reaches nothing but what the administrator names.
    let mut text = fs::read_to_string(CERTIFICATES).unwrap_or_default();
    if let Some(extra) = extra {
        text.push('\n');
        text += &fs::read_to_string(extra).or_internal("The file of KL_CA_FILE cannot be read")?;
    }
    let path = folder.join("authorities.pem");
    fs::write(&path, text).or_internal("A temporary file cannot be written")?;
    Ok(path)
}
