//! The one gate that every archive goes through, wherever it came from.

use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::Path;

use archive::{ArchiveError, Inspection, Limits};
use domain::build::FailureCategory;

use crate::failure::{Failure, OrInternal, Result};

/// What kind of archive it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Packed by a person: one folder around everything is taken away.
    Archive,
    /// Made from a repository's tree, without compression.
    Tree,
}

pub(super) async fn unpack(mut file: File, kind: Kind, workspace: &Path) -> Result<Inspection> {
    let folder = workspace.to_owned();
    let extracted = tokio::task::spawn_blocking(move || {
        file.rewind().map_err(ArchiveError::Io)?;
        let reader = BufReader::new(file);
        let limits = Limits::default();
        match kind {
            Kind::Archive => archive::extract(reader, &folder, &limits),
            // Names and padding are on top of the files.
            Kind::Tree => archive::extract_tree(
                reader,
                &folder,
                &Limits { packed: limits.unpacked + (32 << 20), ..limits },
            ),
        }
    });
    extracted.await.or_internal("The source could not be unpacked")?.map_err(|error| refused(error, kind))
}

pub(super) fn refused(error: ArchiveError, kind: Kind) -> Failure {
    if let ArchiveError::Io(cause) = error {
        return Failure::internal("The source could not be unpacked", cause);
    }
    let mut sentence = error.to_string();
    if let (Kind::Tree, Some(rest)) = (kind, sentence.strip_prefix("The archive")) {
        sentence = format!("The repository{rest}");
    }
    Failure::new(FailureCategory::SourceDenied, format!("{sentence} ({})", error.code()))
}
