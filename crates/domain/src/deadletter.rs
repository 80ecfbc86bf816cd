//! Events that could not be delivered.

use serde::{Deserialize, Serialize};

use crate::{FunctionName, TenantName, Timestamp, event::CloudEvent};

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// 4xx other than 408 and 429: the same event fails again.
    Permanent,
    /// 408, 429, 5xx, time-out, no connection.
    Transient,
}

/// One try to deliver an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// From 1.
    pub number: i32,
    /// When it began.
    pub at: Timestamp,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// Milliseconds.
    pub duration_ms: f64,
    /// Why it failed, as a sentence.
    pub reason: String,
}

/// An event that failed for good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Position in the store.
    pub position: i64,
    /// Whose.
    pub tenant: TenantName,
    /// For which function.
    pub function: FunctionName,
    /// Queue that it came from.
    pub queue: String,
    /// Whether trying again can help.
    pub kind: FailureKind,
    /// Why, as a sentence.
    pub reason: String,
    /// All tries.
    pub attempts: Vec<Attempt>,
    /// When it was given up.
    pub died_at: Timestamp,
    /// The event.
    pub event: CloudEvent,
}
