//! How many events happened when.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Events counted by equal stretches of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventOverview {
    /// When the first stretch begins.
    pub from: Timestamp,
    /// Milliseconds of a stretch, at least one.
    pub step_ms: i64,
    /// Events in each, in the order of time.
    pub counts: Vec<u64>,
    /// There are older ones, which are not counted.
    pub more: bool,
}

impl EventOverview {
    /// Stretches.
    pub const STEPS: u32 = 60;
    /// Events that are counted at most, the newest.
    pub const MOST: u32 = 10_000;

    /// When a stretch begins; one past the last: when the last ends.
    pub fn begin(&self, step: usize) -> Timestamp {
        self.from.plus_millis(i64::try_from(step).unwrap_or(i64::MAX).saturating_mul(self.step_ms))
    }

    /// All that were counted.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}
