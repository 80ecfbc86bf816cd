//! Refusals that the gateway words itself, as `application/problem+json`: a stable code, one sentence,
//! what to do next, and the correlation id (platform.md section 7). The shape is that of `domain::Problem`.

use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};

use super::backend::Refusal;

/// One refusal.
#[derive(Clone, Debug)]
pub(in crate::knative) struct Problem {
    pub(in crate::knative) status: StatusCode,
    code: &'static str,
    /// What happened.
    title: String,
    /// What to do next.
    detail: &'static str,
}

impl Problem {
    pub(in crate::knative) fn no_such_function(name: &str, namespace: &str) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            code: "function_not_found",
            title: format!("There is no function \"{name}\" in \"{namespace}\"."),
            detail: "Check the address: http://<function>.<tenant>.<domain>/ or /<tenant>/<function>/.",
        }
    }

    pub(in crate::knative) fn no_function_named() -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            code: "no_function_in_address",
            title: "The address names no function.".into(),
            detail: "Use http://<function>.<tenant>.<domain>/ or /<tenant>/<function>/.",
        }
    }

    pub(in crate::knative) fn not_ready(name: &str, why: &str) -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "function_not_ready",
            title: format!("No version of \"{name}\" can take requests: {why}"),
            detail: "Wait for the deployment to finish, or look at its state and logs.",
        }
    }

    pub(in crate::knative) fn refused(name: &str, why: &Refusal) -> Self {
        match why {
            Refusal::QueueFull => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "queue_full",
                title: format!("\"{name}\" has more requests waiting than it may."),
                detail: "Try again in a moment, or raise the function's maximum scale.",
            },
            Refusal::TimedOut => Self {
                status: StatusCode::GATEWAY_TIMEOUT,
                code: "no_capacity_in_time",
                title: format!("The time limit of the request was over before \"{name}\" could take it."),
                detail: "Try again, or look at the function's start time and scale.",
            },
            Refusal::Broken(why) => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "function_does_not_start",
                title: format!("\"{name}\" was started for this request and failed: {why}"),
                detail: "Look at the function's logs and deploy a repaired version.",
            },
        }
    }

    pub(in crate::knative) fn timed_out(name: &str, seconds: u64) -> Self {
        Self {
            status: StatusCode::GATEWAY_TIMEOUT,
            code: "function_timed_out",
            title: format!("\"{name}\" did not answer within {seconds} s."),
            detail: "Make the function faster, or raise its time limit.",
        }
    }

    pub(in crate::knative) fn broken_off(name: &str) -> Self {
        Self {
            status: StatusCode::BAD_GATEWAY,
            code: "function_broke_off",
            title: format!("\"{name}\" closed the connection without a complete answer."),
            detail: "Look at the function's logs: the process may have crashed or run out of memory.",
        }
    }

    pub(in crate::knative) fn response(&self, correlation_id: &str) -> Response<Body> {
        let body = serde_json::json!({
            "type": format!("urn:knative-lambda:{}", self.code),
            "code": self.code,
            "status": self.status.as_u16(),
            "title": self.title,
            "detail": self.detail,
            "correlationId": correlation_id,
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
