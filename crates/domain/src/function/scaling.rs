//! `spec.scaling`.

use serde::{Deserialize, Serialize};

/// Between how many instances a function runs, and when one more is started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Scaling {
    /// Instances that always run; 0: none while nobody calls.
    #[cfg_attr(feature = "kube", schemars(range(min = 0, max = 1000)))]
    pub min_replicas: i32,
    /// Most instances.
    #[cfg_attr(feature = "kube", schemars(range(min = 1, max = 1000)))]
    pub max_replicas: i32,
    /// Calls at once per instance that the autoscaler aims at.
    #[cfg_attr(feature = "kube", schemars(range(min = 1, max = 1000)))]
    pub target_concurrency: i32,
    /// Most calls at once in one instance; 0: no limit.
    #[cfg_attr(feature = "kube", schemars(range(min = 0, max = 1000)))]
    pub container_concurrency: i64,
    /// How long the last instance stays without a call, as `30s`, `5m`.
    #[cfg_attr(feature = "kube", schemars(regex(pattern = r"^([0-9]+(ms|s|m|h))+$")))]
    pub scale_to_zero_grace_period: String,
}

impl Default for Scaling {
    fn default() -> Self {
        Self {
            min_replicas: 0,
            max_replicas: 50,
            target_concurrency: 5,
            container_concurrency: 10,
            scale_to_zero_grace_period: "30s".to_owned(),
        }
    }
}
