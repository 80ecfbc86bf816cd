//! `spec.resources`.

use serde::{Deserialize, Serialize};

/// Requests and limits of one instance, as Kubernetes quantities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Resources {
    /// What the scheduler sets aside.
    pub requests: ResourceList,
    /// What the instance may use at most.
    pub limits: ResourceList,
}

/// cpu and memory; absent means no word on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct ResourceList {
    /// Cores: `50m`, `1`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(schema_with = "quantity"))]
    pub cpu: Option<String>,
    /// Bytes: `64Mi`, `1Gi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(schema_with = "quantity"))]
    pub memory: Option<String>,
}

/// An amount as the platform's resources take it.
#[cfg(feature = "kube")]
pub(crate) fn quantity(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "string",
        "maxLength": 32,
        "pattern": r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$"
    })
}

impl Default for Resources {
    fn default() -> Self {
        let list = |cpu: &str, memory: &str| ResourceList {
            cpu: Some(cpu.to_owned()),
            memory: Some(memory.to_owned()),
        };
        Self { requests: list("50m", "64Mi"), limits: list("500m", "256Mi") }
    }
}
