//! What lists and forms ask for.

use serde::{Deserialize, Serialize};

use super::{Language, Phase, Source};
use crate::{Cursor, FunctionName};

/// Column that a list of functions is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FunctionSort {
    /// By name.
    #[default]
    Name,
    /// By the order of [`Phase::ALL`], failures first when descending.
    Phase,
    /// By language.
    Language,
    /// By age.
    Created,
    /// By the last change.
    Updated,
}

/// One page of the functions list; flat, so that it is also the query string of the page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FunctionQuery {
    /// Part of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// In this phase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// In this language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// By which column.
    pub sort: FunctionSort,
    /// The other way round.
    pub desc: bool,
    /// From where on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// Rows; see [`crate::page::limit`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// Code of a new function or a new deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "from")]
pub enum NewCode {
    /// One file, typed into the editor.
    Inline {
        /// The handler's file.
        code: String,
        /// Content of the dependency file, when there is one.
        dependencies: Option<String>,
    },
    /// Several files, edited in the browser: the platform packs them as an upload.
    Files {
        /// Path and text; files that are not named stay as they are.
        changed: Vec<(String, String)>,
        /// Paths to take away.
        removed: Vec<String>,
    },
    /// An archive that was uploaded before.
    Upload {
        /// [`UploadReceipt::id`].
        upload: String,
    },
    /// A place that every build fetches it from: git, s3, minio, gcs.
    Place {
        /// The block of the spec.
        source: Box<Source>,
    },
}

/// The create form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewFunction {
    /// Its name; parsed by the platform, so that a wrong one is a field error.
    pub name: String,
    /// Language.
    pub language: Language,
    /// `main.handler`.
    pub handler: String,
    /// The code.
    pub code: NewCode,
    /// Plain variables.
    #[serde(default)]
    pub env: Vec<(String, String)>,
}

/// A manifest as the create form would show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManifestForm {
    /// The fields; an uploaded archive has no id here, since the manifest does not name it.
    pub new: NewFunction,
    /// Parts of the spec that the form has no fields for: lost when it is created from there.
    pub left_out: Vec<String>,
}

/// The Code tab's deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deploy {
    /// `metadata.resourceVersion` that the edit began from; a newer one is a conflict (409).
    pub version: Option<String>,
    /// `main.handler`.
    pub handler: String,
    /// Another language than before.
    pub language: Option<Language>,
    /// The code.
    pub code: NewCode,
}

/// An archive that was accepted, and what was found in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UploadReceipt {
    /// Opaque; names the upload in [`NewCode::Upload`].
    pub id: String,
    /// As the user named it.
    pub filename: String,
    /// Bytes of the archive.
    pub size: i64,
    /// Hex digest of the archive.
    pub sha256: String,
    /// Paths and bytes, sorted, at most 1,000.
    pub files: Vec<(String, i64)>,
    /// Number of files in all.
    pub file_count: i64,
    /// Bytes unpacked.
    pub unpacked: i64,
    /// Guessed from the files.
    pub language: Option<Language>,
    /// Guessed from the files: `main.handler`.
    pub handler: Option<String>,
    /// What a person should know: no handler found, dependency file found.
    pub notes: Vec<String>,
}

/// Whether a name can be taken, for the form while it is typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NameCheck {
    /// The name when it can be taken.
    pub free: Option<FunctionName>,
    /// Why not, as a sentence.
    pub problem: Option<String>,
}
