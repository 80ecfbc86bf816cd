//! Broker: takes events in and hands them to Triggers.

use kube::CustomResource;
use serde::{Deserialize, Serialize};

use super::{DeliverySpec, KReference};
use crate::{Condition, serving::Addressable};

/// The implementation is chosen by the annotation [`Broker::CLASS`].
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(group = "eventing.knative.dev", version = "v1", kind = "Broker", namespaced, schema = "disabled")]
#[kube(status = "BrokerStatus", derive = "Default", derive = "PartialEq")]
pub struct BrokerSpec {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<KReference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliverySpec>,
}

impl Broker {
    /// Annotation that names the implementation, for example `RabbitMQBroker`.
    pub const CLASS: &str = "eventing.knative.dev/broker.class";
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrokerStatus {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Addressable>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letter_sink_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
}
