//! Whether what the platform stands on answers.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// What the platform can not do all its work without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Component {
    /// Events in motion: the embedded bus or RabbitMQ.
    EventBroker,
    /// Rows: SQLite or PostgreSQL.
    Database,
    /// The Kubernetes API, embedded or real.
    KubernetesApi,
}

impl Component {
    /// As people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::EventBroker => "The event broker",
            Self::Database => "The database",
            Self::KubernetesApi => "The Kubernetes API",
        }
    }

    /// What does not work without it, and what still does.
    pub const fn effect(self) -> &'static str {
        match self {
            Self::EventBroker => {
                "New events are refused or wait, and the timeline stands still. Functions answer calls; what was accepted is kept."
            }
            Self::Database => {
                "Lists of builds, events and logs can not be read or grow. Functions answer calls; nothing that was accepted is lost."
            }
            Self::KubernetesApi => {
                "Nothing can be changed or built, and the states shown may be old. Functions that run go on answering."
            }
        }
    }
}

/// A component that does not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outage {
    /// Which.
    pub component: Component,
    /// When that was first noticed.
    pub since: Timestamp,
}
