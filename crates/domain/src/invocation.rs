//! Calls of functions through the platform: the Test tab, the API, and what the gateway observed.

use serde::{Deserialize, Serialize};

use crate::{FunctionName, TenantName, Timestamp};

/// A call that a person or script asks the platform to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvokeRequest {
    /// Body as text; JSON unless [`Self::content_type`] says otherwise.
    pub body: String,
    /// `application/json`, or `application/cloudevents+json` for a whole event.
    pub content_type: String,
    /// Further headers, lower-case names.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// `GET`, `POST`, …
    pub method: String,
    /// Path and query after the function's root, `/` first.
    pub path: String,
}

impl InvokeRequest {
    /// A POST of JSON to the function's root.
    pub fn json(body: impl Into<String>) -> Self {
        Self {
            body: body.into(),
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
            method: "POST".to_owned(),
            path: "/".to_owned(),
        }
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InvokeResult {
    /// One execution; its log lines and events carry it.
    pub invocation_id: String,
    /// HTTP status.
    pub status: u16,
    /// Response headers that may be shown.
    pub headers: Vec<(String, String)>,
    /// Body as text, cut at 1 MiB; base64 when [`Self::binary`].
    pub body: String,
    /// The body is no text.
    pub binary: bool,
    /// The body was longer.
    pub truncated: bool,
    /// Revision that ran it.
    pub revision: Option<String>,
    /// Milliseconds until an instance took it.
    pub queue_ms: f64,
    /// Milliseconds in the function.
    pub run_ms: f64,
    /// Milliseconds in all.
    pub total_ms: f64,
    /// Why an instance had to be started, when one had to.
    pub cold_start: Option<ColdStart>,
    /// Ties call, logs and events together.
    pub correlation_id: String,
}

/// Why an instance had to be started for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColdStart {
    /// No instance ran.
    Zero,
    /// All instances were busy.
    Burst,
    /// The Revision was new.
    NewRevision,
}

/// A finished call, as the gateway observed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    /// One execution.
    pub id: String,
    /// Whose.
    pub tenant: TenantName,
    /// Which.
    pub function: FunctionName,
    /// `http`, `test` or `event`.
    pub trigger: String,
    /// Revision that ran it.
    pub revision: Option<String>,
    /// Pod that ran it.
    pub pod: Option<String>,
    /// When it arrived.
    pub at: Timestamp,
    /// HTTP method.
    pub method: String,
    /// HTTP status.
    pub status: u16,
    /// Milliseconds until an instance took it.
    pub queue_ms: f64,
    /// Milliseconds in the function.
    pub run_ms: f64,
    /// Why an instance had to be started, when one had to.
    pub cold_start: Option<ColdStart>,
    /// Ties call, logs and events together.
    pub correlation_id: String,
}

/// A request body that a user saved to test with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedTest {
    /// Unique per function.
    pub name: String,
    /// What is sent.
    pub request: InvokeRequest,
    /// When it was saved.
    pub saved_at: Timestamp,
}
