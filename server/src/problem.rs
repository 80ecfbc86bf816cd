//! Problems as responses.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{CorrelationId, FieldError, Problem, identity::Caller};

use crate::auth::layer;

/// A problem with its HTTP clothes.
pub(crate) struct Refusal {
    problem: Problem,
    retry_after: Option<u64>,
}

/// Result of a handler.
pub(crate) type Answer<T = Response> = Result<T, Refusal>;

impl Refusal {
    /// A refusal of the server itself.
    pub(crate) fn new(status: u16, code: &str, title: &str, detail: &str) -> Self {
        Self { problem: Problem::new(status, code, title, detail), retry_after: None }
    }

    /// What the platform said to this caller.
    pub(crate) fn of(caller: &Caller) -> impl Fn(platform::Error) -> Self {
        let correlation = caller.correlation_id.clone();
        move |error| Self::from_error(&error, &correlation)
    }

    pub(crate) fn from_error(error: &platform::Error, correlation: &CorrelationId) -> Self {
        // Rounded up: a client that comes back a moment too early is refused again.
        let retry_after = error.retry_after().map(|wait| wait.as_millis().div_ceil(1000).max(1) as u64);
        Self { problem: error.problem(correlation), retry_after }
    }

    pub(crate) fn unauthenticated() -> Self {
        Self::new(
            401,
            "unauthenticated",
            "You are not signed in.",
            "Sign in in a browser, or send a token: Authorization: Bearer …",
        )
    }

    /// The same with seconds after which a client may come back.
    pub(crate) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Sent without the token that pages of this session carry.
    pub(crate) fn forged() -> Self {
        Self::new(
            403,
            "form_token",
            "This request was not sent by a page of your present session.",
            "Load the page again and send it once more; scripts use a bearer token.",
        )
    }

    /// One field that was refused.
    pub(crate) fn field(field: &str, message: &str) -> Self {
        let mut refusal = Self::new(422, "invalid", message, "Correct the marked fields and try again.");
        refusal.problem.errors.push(FieldError { field: field.to_owned(), message: message.to_owned() });
        refusal
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "not_found", "There is nothing here.", "Check the address.")
    }

    /// Without its HTTP clothes, as a part of an answer.
    pub(crate) fn into_problem(self) -> Problem {
        self.problem
    }

    /// What happened, one sentence.
    pub(crate) fn title(&self) -> &str {
        &self.problem.title
    }

    /// The same with the id that ties it to the log.
    pub(crate) fn correlated(mut self, id: &CorrelationId) -> Self {
        id.as_str().clone_into(&mut self.problem.correlation_id);
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(mut self) -> Response {
        if self.problem.correlation_id.is_empty()
            && let Some(id) = layer::current_correlation()
        {
            self = self.correlated(&id);
        }
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
