//! Payloads of `invoke.async`, `response.success` and `response.error`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `invoke.async`: the data is what the handler gets; any JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct InvokeAsync(pub Value);

/// `response.success`: what the handler returned; any JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct ResponseSuccess(pub Value);

/// `response.error`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct ResponseError {
    /// Class of the error.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its text.
    pub message: String,
    /// Where it was raised, in the language's own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// Whether trying again can help.
    #[serde(default)]
    pub retryable: bool,
}
