//! Trigger: which events of a Broker go to which subscriber.

use std::collections::BTreeMap;

use kube::CustomResource;
use serde::{Deserialize, Serialize};

use super::{DeliverySpec, Destination};
use crate::Condition;

#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[kube(group = "eventing.knative.dev", version = "v1", kind = "Trigger", namespaced, schema = "disabled")]
#[kube(status = "TriggerStatus", derive = "Default", derive = "PartialEq")]
pub struct TriggerSpec {
    /// Name of the Broker, in the same namespace; cannot be changed.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub broker: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliverySpec>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<TriggerFilter>,
    #[serde(default)]
    pub subscriber: Destination,
}

/// CloudEvents attributes that must all be equal; an empty value matches any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriggerFilter {
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerStatus {
    /// Types: `BrokerReady`, `DeadLetterSinkResolved`, `DependencyReady`, `Ready`, `SubscriberResolved`, `SubscriptionReady`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letter_sink_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscriber_uri: Option<String>,
}
