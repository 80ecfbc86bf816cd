//! The port through which the platform calls functions, and what it is told of calls.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use domain::{FunctionName, TenantName, Timestamp, invocation::ColdStart};
use http_body_util::combinators::UnsyncBoxBody;

/// Body of an answer.
pub type AnswerBody = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// Calls functions: the embedded gateway, or Knative's.
#[async_trait]
pub trait Gateway: Send + Sync + 'static {
    /// Sends a request to a function; refusals are answers too.
    async fn call(
        &self,
        tenant: &TenantName,
        function: &FunctionName,
        request: http::Request<Bytes>,
    ) -> Answer;
}

/// What came back, as far as the head.
pub struct Answer {
    /// The function's response, or a refusal of the gateway as a problem.
    pub response: http::Response<AnswerBody>,
    /// Present when a function answered and the gateway knows.
    pub facts: Option<Facts>,
}

/// How a call went until the head of its answer.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Revision that ran it.
    pub revision: String,
    /// Milliseconds until an instance took it.
    pub queue_ms: f64,
    /// Why an instance had to be started, when one had to.
    pub cold_start: Option<ColdStart>,
}

/// What the platform knows a call of its own by: an extension of the request, which the gateway gives back with
/// the [`ObservedCall`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CallTag(pub Arc<str>);

/// A finished call, from anyone, as the gateway observed it.
#[derive(Debug, Clone)]
pub struct ObservedCall {
    /// Whose.
    pub tenant: TenantName,
    /// Which.
    pub function: FunctionName,
    /// Revision that ran it; none when it never reached one.
    pub revision: Option<String>,
    /// Pod that ran it.
    pub pod: Option<String>,
    /// When it arrived.
    pub at: Timestamp,
    /// HTTP method.
    pub method: String,
    /// HTTP status of the answer.
    pub status: u16,
    /// Milliseconds until an instance took it.
    pub queue_ms: f64,
    /// Milliseconds in the function.
    pub run_ms: f64,
    /// Why an instance had to be started, when one had to.
    pub cold_start: Option<ColdStart>,
    /// Ties call, logs and events together.
    pub correlation_id: String,
    /// Of a call that the platform made.
    pub tag: Option<CallTag>,
    /// Why it failed, when the gateway knows more than the status.
    pub failure: Option<&'static str>,
}
