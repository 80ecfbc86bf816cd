//! Events that could not be delivered.

mod group;
mod replay;

pub use group::{DeadLetterFilter, DeadLetterGroup, error_group};
pub use replay::{PlannedFunction, Replay, ReplayFailure, ReplayJob, ReplayPlan, ReplayRecord, ReplayState};

use serde::{Deserialize, Serialize};

use crate::{
    FunctionName, TenantName, Timestamp,
    event::{CloudEvent, extension},
};

/// Whether trying again can help.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// 4xx other than 408 and 429: the same event fails again.
    Permanent,
    /// 408, 429, 5xx, time-out, no connection.
    Transient,
}

impl FailureKind {
    /// The name in addresses and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permanent => "permanent",
            Self::Transient => "transient",
        }
    }
}

impl std::str::FromStr for FailureKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Permanent, Self::Transient].into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
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
    /// For which function; none: it came over the message broker for nobody.
    pub function: Option<FunctionName>,
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

impl DeadLetter {
    /// The error that it is grouped by.
    pub fn error(&self) -> String {
        error_group(&self.reason)
    }

    /// How often its event was sent again before.
    pub fn replays(&self) -> i64 {
        self.event
            .extensions
            .get(extension::REPLAY_COUNT)
            .and_then(serde_json::Value::as_i64)
            .unwrap_or_default()
    }

    /// The status of the last answer.
    pub fn last_status(&self) -> Option<u16> {
        self.attempts.last()?.status
    }

    /// What can be done, in one sentence.
    pub fn remedy(&self) -> &'static str {
        match (self.kind, self.last_status()) {
            (FailureKind::Permanent, Some(401 | 403)) => {
                "The function refused the caller: give the event what it asks for, then edit and replay."
            }
            (FailureKind::Permanent, Some(404)) => {
                "The function does not know what the event is about: correct the data, or the function."
            }
            (FailureKind::Permanent, _) => {
                "The same event fails again: correct its data and replay it, or mend the function first."
            }
            (FailureKind::Transient, Some(429)) => {
                "The function had too much to do: replay with a rate limit."
            }
            (FailureKind::Transient, Some(408 | 504)) => {
                "The function took too long: make it faster or raise its time limit, then replay."
            }
            (FailureKind::Transient, Some(_)) => {
                "The function failed: look at its log, mend it, then replay."
            }
            (FailureKind::Transient, None) => "The function could not be reached: replay when it is ready.",
        }
    }
}
