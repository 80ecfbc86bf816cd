//! The RabbitMQ messaging topology operator (`rabbitmq.com/v1beta1`): Exchange, Queue, Binding, Policy.

mod binding;
mod exchange;
mod policy;
mod queue;

pub use binding::{Binding, BindingSpec};
pub use exchange::{Exchange, ExchangeSpec};
pub use policy::{Policy, PolicySpec};
pub use queue::{Queue, QueueSpec};

use k8s_openapi::api::core::v1::LocalObjectReference;
use serde::{Deserialize, Serialize};

use crate::Condition;

/// The RabbitMQ cluster that an object is declared in: by name (and namespace), or by a Secret with the
/// address and credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterReference {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_secret: Option<LocalObjectReference>,
}

/// Status of all four kinds; the one condition is `Ready`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopologyStatus {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
}
