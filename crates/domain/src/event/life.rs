//! One event's whole life.

use serde::{Deserialize, Serialize};

use super::EventRecord;
use crate::{
    FunctionName, Timestamp,
    deadletter::{DeadLetter, ReplayRecord},
};

/// What became of an event: who was to get it and why not, every try, the answer, the dead letter, the replays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventLife {
    /// The event as it was accepted.
    pub record: EventRecord,
    /// Triggers of the tenant's functions, as they are now, those that match first.
    pub triggers: Vec<TriggerMatch>,
    /// Every execution that it caused, in the order of time.
    pub tries: Vec<Try>,
    /// What functions answered.
    pub answers: Vec<EventRecord>,
    /// It is dead.
    pub dead_letters: Vec<DeadLetter>,
    /// It was dead and sent again.
    pub replays: Vec<ReplayRecord>,
}

/// Whether a function's trigger takes the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerMatch {
    /// Whose trigger.
    pub function: FunctionName,
    /// What it asks for, `attribute=value`.
    pub wants: Vec<String>,
    /// The first attribute that is not as asked for; none: it matches.
    pub fails: Option<Mismatch>,
}

/// Why a trigger does not match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// Which attribute.
    pub attribute: String,
    /// What the trigger asks for.
    pub wanted: String,
    /// What the event has; none: it has no such attribute.
    pub found: Option<String>,
}

/// One execution of a function for an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Try {
    /// Which function.
    pub function: FunctionName,
    /// From 1.
    pub attempt: i32,
    /// When it ended.
    pub at: Timestamp,
    /// HTTP status of the answer.
    pub status: u16,
    /// Revision that ran it.
    pub revision: Option<String>,
    /// Milliseconds until an instance took it.
    pub queue_ms: f64,
    /// Milliseconds in the function.
    pub run_ms: f64,
    /// Whether an instance had to be started for it.
    pub cold_start: bool,
    /// When the next one began, or will when the event is still waiting for it; none after the last.
    pub next_at: Option<Timestamp>,
    /// Position of the event that tells of it.
    pub position: i64,
}
