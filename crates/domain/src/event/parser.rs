//! Payloads of `lifecycle.parser.*`: one execution of a function.

use serde::{Deserialize, Serialize};

/// `started`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct ParserStarted {
    /// One execution.
    pub invocation_id: String,
    /// `http`, `test` or `event`.
    pub trigger: String,
    /// From 1.
    pub attempt: i32,
}

/// `completed` and `failed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct ParserEnded {
    /// One execution.
    pub invocation_id: String,
    /// `http`, `test` or `event`.
    pub trigger: String,
    /// From 1.
    pub attempt: i32,
    /// HTTP status of the answer.
    pub status: u16,
    /// Revision that ran it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// Milliseconds until an instance took it.
    pub queue_ms: f64,
    /// Milliseconds in the function.
    pub run_ms: f64,
    /// Whether an instance had to be started for it.
    pub cold_start: bool,
    /// Type of the error when failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_type: Option<String>,
    /// Message of the error when failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_message: Option<String>,
}
