//! The two topic exchanges.

use serde::{Deserialize, Serialize};

/// Where an event is published; the routing key is its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exchange {
    /// `knative-lambda.events`: lifecycle events, answers, and users' own events.
    Events,
    /// `knative-lambda.commands`: requests to the operator.
    Commands,
}

impl Exchange {
    /// Its name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Events => "knative-lambda.events",
            Self::Commands => "knative-lambda.commands",
        }
    }
}
