//! What a form looks at before anything is created or saved.

use serde::{Deserialize, Serialize};

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Nothing stands in the way.
    Fine,
    /// It may fail or wait.
    Doubtful,
    /// It will fail.
    Blocked,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What was looked at, in one or two words.
    pub subject: String,
    /// How it went.
    pub verdict: Verdict,
    /// What was found, and what to do when it is not fine.
    pub detail: String,
}

impl Check {
    /// A check with what was found.
    pub fn new(subject: impl Into<String>, verdict: Verdict, detail: impl Into<String>) -> Self {
        Self { subject: subject.into(), verdict, detail: detail.into() }
    }
}
