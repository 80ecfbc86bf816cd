//! Sending dead letters again.

use serde::{Deserialize, Serialize};

use super::{DeadLetter, DeadLetterFilter};
use crate::{FunctionName, TenantName, Timestamp, event::CloudEvent};

/// What would be replayed, before it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayPlan {
    /// How many.
    pub count: u64,
    /// When the first of them died.
    pub oldest: Option<Timestamp>,
    /// When the last of them died.
    pub newest: Option<Timestamp>,
    /// Of these, how many were replayed before.
    pub repeated: u64,
    /// Position of the newest: what dies later is not part of it.
    pub upto: i64,
    /// By function.
    pub functions: Vec<PlannedFunction>,
}

/// A function's part of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedFunction {
    /// Which; none: they can not be sent to anybody.
    pub function: Option<FunctionName>,
    /// How many.
    pub count: u64,
    /// The revision that runs; none when the function is gone or not ready.
    pub revision: Option<String>,
}

/// What is asked of a replay job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Replay {
    /// Which dead letters.
    pub filter: DeadLetterFilter,
    /// Those up to this position: [`ReplayPlan::upto`]; zero: all that are there now.
    pub upto: i64,
    /// How many a second; none: as fast as it goes.
    pub rate: Option<u32>,
    /// Stop after so many failures: events that could not be sent, or died again.
    pub stop_after: Option<u64>,
}

/// How a replay job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplayState {
    /// Sends.
    Running,
    /// Waits for someone to go on.
    Paused,
    /// Someone ended it.
    Aborted,
    /// Too many failures.
    Stopped,
    /// All were sent.
    Done,
}

impl ReplayState {
    /// The name in addresses and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Aborted => "aborted",
            Self::Stopped => "stopped",
            Self::Done => "done",
        }
    }

    /// Whether it will send nothing any more.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Aborted | Self::Stopped | Self::Done)
    }
}

/// A dead letter that a job could not send; it stays where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayFailure {
    /// Which dead letter.
    pub position: i64,
    /// Why, as a sentence.
    pub reason: String,
}

/// Many dead letters on their way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayJob {
    /// Unique.
    pub id: String,
    /// Whose.
    pub tenant: TenantName,
    /// What was asked for.
    pub asked: Replay,
    /// Who asked, by name.
    pub asked_by: String,
    /// Who asked, by id.
    pub user: String,
    /// When.
    pub created_at: Timestamp,
    /// How it stands.
    pub state: ReplayState,
    /// Dead letters when it began.
    pub total: u64,
    /// Sent.
    pub sent: u64,
    /// Could not be sent.
    pub failed: u64,
    /// Sent, and dead again.
    pub died_again: u64,
    /// The position up to which it is done.
    pub reached: i64,
    /// The last failures, newest first, a few.
    pub failures: Vec<ReplayFailure>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl ReplayJob {
    /// What is still to be sent.
    pub fn left(&self) -> u64 {
        self.total.saturating_sub(self.sent + self.failed)
    }

    /// Whether failures reached what was allowed.
    pub fn has_failed_too_often(&self) -> bool {
        self.asked.stop_after.is_some_and(|most| self.failed + self.died_again >= most.max(1))
    }
}

/// A dead letter that was sent again: where an event comes from, and what it was before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayRecord {
    /// As it was.
    pub letter: DeadLetter,
    /// The event as it was sent; equal to that of the letter but for its extensions, unless it was edited.
    pub event: CloudEvent,
    /// When.
    pub at: Timestamp,
    /// Who, by name.
    pub by: String,
    /// The job that it was part of.
    pub job: Option<String>,
}
