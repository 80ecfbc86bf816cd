//! Policy: settings for the queues and exchanges whose name matches.

use std::collections::BTreeMap;

use kube::CustomResource;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ClusterReference, TopologyStatus};

#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(group = "rabbitmq.com", version = "v1beta1", kind = "Policy", plural = "policies", namespaced)]
#[kube(schema = "disabled", status = "TopologyStatus", derive = "Default", derive = "PartialEq")]
#[serde(rename_all = "camelCase")]
pub struct PolicySpec {
    /// Name inside RabbitMQ.
    #[serde(default)]
    pub name: String,
    /// Regular expression over the names it applies to.
    #[serde(default)]
    pub pattern: String,
    /// `queues`, `classic_queues`, `quorum_queues`, `streams`, `exchanges` or `all` (where absent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apply_to: Option<String>,
    /// `max-length`, `overflow`, `message-ttl`, …
    #[serde(default)]
    pub definition: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vhost: Option<String>,
    #[serde(default)]
    pub rabbitmq_cluster_reference: ClusterReference,
}
