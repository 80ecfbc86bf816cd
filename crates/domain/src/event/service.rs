//! Payloads of `lifecycle.service.*`.

use serde::{Deserialize, Serialize};

/// `created` and `updated`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct ServiceChanged {
    /// The Knative Service.
    pub service: String,
    /// Image by digest.
    pub image: String,
    /// Newest Revision, when there is one already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

/// `deleted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct ServiceDeleted {
    /// The Knative Service.
    pub service: String,
}
