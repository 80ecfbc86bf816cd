//! RabbitmqBrokerConfig: which RabbitMQ cluster the Brokers that name it use.

use kube::CustomResource;
use serde::{Deserialize, Serialize};

use crate::rabbitmq::ClusterReference;

#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(group = "eventing.knative.dev", version = "v1alpha1", kind = "RabbitmqBrokerConfig", namespaced)]
#[kube(schema = "disabled", derive = "Default", derive = "PartialEq", shortname = "rmqbrokerconfig")]
#[serde(rename_all = "camelCase")]
pub struct RabbitmqBrokerConfigSpec {
    /// `quorum` (the default) or `classic`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_type: Option<String>,
    #[serde(default)]
    pub rabbitmq_cluster_reference: ClusterReference,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vhost: Option<String>,
}
