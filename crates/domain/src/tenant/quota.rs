//! `spec.quota`, `spec.limits`, `spec.budget`, `spec.network`.

use serde::{Deserialize, Serialize};

/// The most that a tenant may use; what is absent is not limited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Quota {
    /// Functions.
    #[cfg_attr(feature = "kube", schemars(range(min = 0, max = 100_000)))]
    pub functions: i64,
    /// Cores that its Pods may ask for together: `4`, `500m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(schema_with = "crate::function::quantity"))]
    pub cpu: Option<String>,
    /// Memory that its Pods may ask for together: `8Gi`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(schema_with = "crate::function::quantity"))]
    pub memory: Option<String>,
    /// Instances and builds that run at once.
    #[cfg_attr(feature = "kube", schemars(range(min = 0, max = 100_000)))]
    pub pods: i64,
    /// Builds at once; the rest queue.
    #[cfg_attr(feature = "kube", schemars(range(min = 1, max = 1000)))]
    pub concurrent_builds: i64,
    /// Volumes and images together: `20Gi`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(schema_with = "crate::function::quantity"))]
    pub storage: Option<String>,
}

impl Default for Quota {
    fn default() -> Self {
        Self { functions: 100, cpu: None, memory: None, pods: 50, concurrent_builds: 5, storage: None }
    }
}

/// How fast a tenant may be; absent: what the platform allows everyone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Limits {
    /// Events at the door; a burst may be twice that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(range(min = 1, max = 1_000_000)))]
    pub events_per_second: Option<i64>,
    /// Requests to the API of all members together.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(range(min = 1, max = 1_000_000)))]
    pub api_per_second: Option<i64>,
}

/// What a tenant may cost in a month.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Budget {
    /// Per calendar month.
    #[cfg_attr(feature = "kube", schemars(range(min = 0.0)))]
    pub monthly: f64,
    /// ISO 4217: `EUR`.
    #[serde(default = "euro")]
    #[cfg_attr(feature = "kube", schemars(regex(pattern = r"^[A-Z]{3}$")))]
    pub currency: String,
}

fn euro() -> String {
    "EUR".to_owned()
}

/// Who reaches a tenant's functions, and whom they reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Network {
    /// Other tenants do not reach it, and it does not reach them or the cluster's own addresses.
    pub isolated: bool,
}

impl Default for Network {
    fn default() -> Self {
        Self { isolated: true }
    }
}
