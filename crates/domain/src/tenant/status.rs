//! `status` of a Tenant: observed, never invented.

use serde::{Deserialize, Serialize};

use crate::function::{Condition, ConditionStatus};

/// Names of the conditions.
pub mod condition {
    /// The spec can be carried out.
    pub const VALID: &str = "Valid";
    /// The namespace is there.
    pub const NAMESPACE_READY: &str = "NamespaceReady";
    /// Quota, limits, network rules, roles and the account of functions are there.
    pub const GUARDED: &str = "Guarded";
    /// The queue of dead letters is there.
    pub const EVENTING_READY: &str = "EventingReady";
    /// Nothing of it runs, because an administrator stopped it.
    pub const SUSPENDED: &str = "Suspended";
    /// It can be used.
    pub const READY: &str = "Ready";
}

/// `status` of a Tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct TenantStatus {
    /// Generation that this status describes.
    #[serde(default)]
    pub observed_generation: i64,
    /// Its namespace.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// See [`condition`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
}

impl TenantStatus {
    /// The condition of that name.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }

    /// Whether the condition of that name is `True`.
    pub fn is_true(&self, kind: &str) -> bool {
        self.condition(kind).is_some_and(|condition| condition.status == ConditionStatus::True)
    }
}
