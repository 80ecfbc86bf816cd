//! What is known of a call when it is over, and who is told.

use std::{sync::Arc, time::Duration};

use http::Method;
use jiff::Timestamp;
use serde::Serialize;

/// Why a request had to wait for a process to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColdReason {
    /// The Revision has never had a Pod that served.
    FirstStart,
    /// It had been scaled to zero, or its last Pod was gone.
    ScaledToZero,
}

/// A cold start, as the request saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColdStart {
    pub reason: ColdReason,
    /// From the arrival of the request until a Pod took it.
    pub waited: Duration,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The function answered, and the answer was passed on to its end.
    Answered,
    /// The caller went away before the answer was complete.
    CallerGone,
    /// The time limit came first.
    TimedOut,
    /// The function broke off: it closed the connection, or its answer was no HTTP.
    BrokenOff,
    /// It never reached the function: no such target, queue full, does not start.
    Refused,
}

/// Facts that are known when the response begins; an extension of every response that a function gave.
#[derive(Clone, Debug)]
pub struct Facts {
    pub namespace: Arc<str>,
    pub service: Arc<str>,
    pub revision: Arc<str>,
    pub pod: Arc<str>,
    pub correlation_id: Arc<str>,
    /// Time in the queue, a cold start included.
    pub queued: Duration,
    pub cold_start: Option<ColdStart>,
    /// From handing the request to the Pod until the head of its response.
    pub first_byte: Duration,
}

/// Whatever the sender of a request inside the platform knows it by: as an extension of the request it comes back
/// with the [`Call`]. Correlation ids do not tell calls apart, since one intention may make many.
#[derive(Clone, Debug)]
pub struct Tag(pub Arc<str>);

/// One finished call.
#[derive(Clone, Debug)]
pub struct Call {
    pub namespace: Arc<str>,
    pub service: Arc<str>,
    /// `None` where the request never got a Pod.
    pub revision: Option<Arc<str>>,
    pub pod: Option<Arc<str>>,
    pub method: Method,
    pub path: String,
    /// What the caller was answered.
    pub status: u16,
    pub outcome: Outcome,
    pub request_bytes: u64,
    pub response_bytes: u64,
    /// When the request arrived.
    pub started: Timestamp,
    /// Time in the queue, a cold start included.
    pub queued: Duration,
    pub cold_start: Option<ColdStart>,
    /// From handing the request to the Pod until the end of the response.
    pub run: Duration,
    pub correlation_id: Arc<str>,
    /// From inside the platform only.
    pub tag: Option<Tag>,
}

/// Is told of every finished call. Called on the data path: it must not block, a channel that is full
/// drops.
pub trait Observer: Send + Sync + 'static {
    fn call_finished(&self, call: Call);
}

impl Observer for tokio::sync::mpsc::Sender<Call> {
    fn call_finished(&self, call: Call) {
        if self.try_send(call).is_err() {
            tracing::warn!("a finished call could not be recorded: the recorder is behind");
        }
    }
}
