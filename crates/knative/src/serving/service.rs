//! Service: a Configuration and a Route under one name.

use std::collections::BTreeMap;

use kube::CustomResource;
use serde::{Deserialize, Serialize};

use super::{Addressable, RevisionTemplate, TrafficTarget};
use crate::{Condition, condition};

#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(group = "serving.knative.dev", version = "v1", kind = "Service", namespaced, schema = "disabled")]
#[kube(status = "ServiceStatus", derive = "Default", derive = "PartialEq")]
#[kube(shortname = "kservice", shortname = "ksvc")]
pub struct ServiceSpec {
    /// Every change of it makes a new Revision.
    #[serde(default)]
    pub template: RevisionTemplate,
    /// Empty: all requests go to the latest Revision that is ready.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traffic: Vec<TrafficTarget>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceStatus {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Addressable>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// Types: `ConfigurationsReady`, `Ready`, `RoutesReady`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_created_revision_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_ready_revision_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traffic: Vec<TrafficTarget>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Service {
    /// The condition of this type, if the status has it.
    pub fn condition(&self, type_: &str) -> Option<&Condition> {
        self.status.as_ref().and_then(|s| condition::find(&s.conditions, type_))
    }

    /// Whether the status speaks of the present spec and says `Ready`.
    pub fn is_ready(&self) -> bool {
        let observed = self.status.as_ref().and_then(|s| s.observed_generation);
        observed == self.metadata.generation && self.condition("Ready").is_some_and(Condition::is_true)
    }
}
