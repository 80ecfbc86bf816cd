//! Payloads of `lifecycle.status.updated` and `lifecycle.health.check`.

use serde::{Deserialize, Serialize};

use crate::function::Phase;

/// `status.updated`: the phase changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct StatusUpdated {
    /// From.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Phase>,
    /// To.
    pub phase: Phase,
    /// CamelCase.
    pub reason: String,
    /// A sentence.
    pub message: String,
}

/// `health.check`: the readiness changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct HealthCheck {
    /// Whether the function answers.
    pub ready: bool,
    /// CamelCase.
    pub reason: String,
    /// A sentence.
    pub message: String,
}
