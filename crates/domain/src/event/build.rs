//! Payloads of `lifecycle.build.*`.

use serde::{Deserialize, Serialize};

/// `started`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct BuildStarted {
    /// The Job.
    pub build_id: String,
    /// Hash of source, runtime and build inputs, hex.
    pub source_hash: String,
    /// Tries of this source hash, from 1.
    pub attempt: i64,
}

/// `completed`, `failed`, `timeout`, `cancelled`, `stopped`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct BuildEnded {
    /// The Job.
    pub build_id: String,
    /// Hash of source, runtime and build inputs, hex.
    pub source_hash: String,
    /// Tries of this source hash, from 1.
    pub attempt: i64,
    /// Milliseconds from the Job's start, when it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
    /// `<repository>@sha256:…` when completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// A [`crate::build::FailureCategory`] when failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Why it ended, as a sentence, unless completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}
