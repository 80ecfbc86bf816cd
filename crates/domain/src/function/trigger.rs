//! `spec.triggers[]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Events that call the function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Trigger {
    /// Broker in the same namespace.
    #[serde(default = "default_broker")]
    pub broker: String,
    /// CloudEvents attributes that must be equal; empty: every event.
    #[serde(default)]
    pub filter: BTreeMap<String, String>,
}

fn default_broker() -> String {
    "lambda-broker".to_owned()
}
