//! `spec.traffic[]`.

use serde::{Deserialize, Serialize};

/// A share of the calls for one Revision; the shares add up to 100.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct TrafficTarget {
    /// A Revision by name; or else `latestRevision`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision_name: Option<String>,
    /// Follows the newest ready Revision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_revision: Option<bool>,
    /// 0 to 100.
    #[serde(default)]
    #[cfg_attr(feature = "kube", schemars(range(min = 0, max = 100)))]
    pub percent: i64,
    /// Gives the Revision a URL of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(regex(pattern = r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$")))]
    pub tag: Option<String>,
}
