//! What a person or a client is told when something fails (RFC 9457, `application/problem+json`).

use serde::{Deserialize, Serialize};

/// One field of a form or manifest that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Path of the field as the manifest has it: `spec.source.inline.code`, `metadata.name`.
    pub field: String,
    /// One plain sentence.
    pub message: String,
}

/// A stable code, one plain sentence, what to do next, and an id to quote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    /// `urn:knative-lambda:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Stable, snake_case: `not_found`, `invalid`, `archive_traversal`.
    pub code: String,
    /// HTTP status.
    pub status: u16,
    /// One plain sentence: what happened.
    pub title: String,
    /// What to do next.
    pub detail: String,
    /// Also in the log of the server.
    pub correlation_id: String,
    /// Fields that were refused; empty unless the code is `invalid`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// A problem without field errors.
    pub fn new(status: u16, code: &str, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:knative-lambda:{code}"),
            code: code.to_owned(),
            status,
            title: title.into(),
            detail: detail.into(),
            correlation_id: String::new(),
            errors: Vec::new(),
        }
    }
}
