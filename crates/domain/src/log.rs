//! Log lines of builds and functions.

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Where a line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The platform's own words: a step begins, a step ends.
    Platform,
}

/// Severity of a line; lines without one are [`Level::Info`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// For those who look for a fault.
    Debug,
    /// Ordinary.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
}

/// One line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// Position within its log, from 1, rising without gaps: the line number and the resume point.
    pub number: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Where it was written.
    pub stream: Stream,
    /// How severe.
    pub level: Level,
    /// The text, without the line end; may hold ANSI escapes.
    pub text: String,
    /// The build step or the Revision that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// Which log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "of", content = "name")]
pub enum LogTarget {
    /// Of one build.
    Build(crate::BuildId),
    /// Of a function, over all Revisions and instances.
    Function(crate::FunctionName),
}

/// Which lines of a log; all given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogQuery {
    /// Only lines after this number, oldest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Only lines before this number, the newest of them; without `after` and `before`: the tail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Lines at most (1 to 5,000; 1,000 when absent).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// At least as severe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Text in the line, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of this correlation or invocation id (log lines of one call).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// Of this group: a Revision, a build step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// How a log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogState {
    /// Nothing was written yet.
    Waiting,
    /// More will come.
    Open,
    /// Nothing more will come.
    Ended,
    /// It was removed by the retention.
    Expired,
}

/// Some lines of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogPage {
    /// In order.
    pub lines: Vec<LogLine>,
    /// Number of the newest line of the whole log; 0 when empty.
    pub last: u64,
    /// Number of the oldest line that is still kept; 0 when empty.
    pub first: u64,
    /// How the log stands.
    pub state: LogState,
    /// Lines that matched, counted up to 10,000; equals the lines of the log without a filter.
    pub matched: u64,
}
