//! Queue: where messages wait.

use std::collections::BTreeMap;

use kube::CustomResource;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ClusterReference, TopologyStatus};

#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(group = "rabbitmq.com", version = "v1beta1", kind = "Queue", namespaced, schema = "disabled")]
#[kube(status = "TopologyStatus", derive = "Default", derive = "PartialEq")]
#[serde(rename_all = "camelCase")]
pub struct QueueSpec {
    /// Name inside RabbitMQ.
    #[serde(default)]
    pub name: String,
    /// `quorum` or `classic`; cannot be changed.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub type_: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub durable: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_delete: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_if_empty: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete_if_unused: Option<bool>,
    /// `delete` (where absent) or `retain`: what happens to the queue when this object goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<String>,
    /// `x-dead-letter-exchange`, `x-delivery-limit`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<BTreeMap<String, Value>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vhost: Option<String>,
    #[serde(default)]
    pub rabbitmq_cluster_reference: ClusterReference,
}
