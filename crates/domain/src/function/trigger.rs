//! `spec.triggers[]`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Events that call the function, or times at which it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Trigger {
    /// Broker in the same namespace.
    #[serde(default = "default_broker")]
    pub broker: String,
    /// CloudEvents attributes that must be equal; empty: every event.
    #[serde(default)]
    pub filter: BTreeMap<String, String>,
    /// Times instead of events: the filter is not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
}

impl Default for Trigger {
    fn default() -> Self {
        Self { broker: default_broker(), filter: BTreeMap::new(), schedule: None }
    }
}

fn default_broker() -> String {
    "lambda-broker".to_owned()
}

/// When the function is called, with an event of type `invoke.async`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub struct Schedule {
    /// Minute, hour, day of the month, month, day of the week: `0 8 * * 1-5`.
    #[cfg_attr(feature = "kube", schemars(length(min = 1, max = 200)))]
    pub cron: String,
    /// Whose clock, by its IANA name.
    #[serde(default = "utc")]
    #[cfg_attr(feature = "kube", schemars(length(max = 64)))]
    pub timezone: String,
    /// Data of the event: JSON, or else text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[cfg_attr(feature = "kube", schemars(length(max = 65536)))]
    pub data: String,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// A trigger as pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerView {
    /// As it is in the spec.
    pub trigger: Trigger,
    /// Of a schedule.
    pub runs: Option<Runs>,
    /// Why it calls nobody.
    pub problem: Option<String>,
}

/// What a schedule means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Runs {
    /// When, as a sentence.
    pub words: String,
    /// The next five times.
    pub next: Vec<Timestamp>,
    /// The same, by the clock of the schedule's zone.
    pub local: Vec<String>,
}

/// The triggers of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerList {
    /// In the order of the spec.
    pub triggers: Vec<TriggerView>,
    /// `spec.eventing.enabled`.
    pub enabled: bool,
}

/// What a trigger for events would have done, and whether events come through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TriggerTest {
    /// Whether the message bus answers, and the function's queue is there and somebody takes from it; if not, why.
    pub connection: Result<(), String>,
    /// Events of the timeline that were looked at, the newest.
    pub looked_at: u64,
    /// Of these, how many it takes.
    pub matching: u64,
    /// Position and type of the newest that it takes.
    pub newest: Vec<(i64, String)>,
    /// By attribute, how many it does not take because of it.
    pub missed: Vec<(String, u64)>,
}
