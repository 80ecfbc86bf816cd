//! `metav1.Status`: how every refusal is worded, with the constructors of apimachinery's `errors` package.

mod cause;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};

pub use cause::Cause;

use crate::registry::resource::Resource;

/// What a verb answers.
pub type ApiResult<T> = Result<T, ApiError>;

/// A refusal as the client sees it. Boxed, because it travels in every `Result`.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", .0.message)]
pub struct ApiError(Box<Status>);

/// The body of a failed answer (and of a plain success of a deletion).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    kind: String,
    api_version: String,
    pub metadata: StatusMeta,
    /// `Success` or `Failure`.
    pub status: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Details>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
}

/// The list metadata of a `Status`; only an expired list fills it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct StatusMeta {
    #[serde(default, rename = "continue", skip_serializing_if = "String::is_empty")]
    pub continue_token: String,
}

/// Machine-readable part of a `Status`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// Plural resource, or the kind for [`ApiError::invalid`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub uid: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
}

impl Status {
    /// The answer to a deletion that took effect at once.
    pub fn deleted(resource: &Resource, name: &str, uid: &str) -> Self {
        Self {
            details: Some(Details { uid: uid.into(), ..Details::of(resource, name) }),
            ..Self::new("Success", "", "", None)
        }
    }

    fn new(status: &str, reason: &str, message: impl Into<String>, code: Option<u16>) -> Self {
        Self {
            kind: "Status".into(),
            api_version: "v1".into(),
            metadata: StatusMeta::default(),
            status: status.into(),
            message: message.into(),
            reason: reason.into(),
            details: None,
            code,
        }
    }
}

impl Details {
    /// Group, plural and name, as most failures carry them.
    pub fn of(resource: &Resource, name: &str) -> Self {
        Self {
            name: name.into(),
            group: resource.group.clone(),
            kind: resource.plural.clone(),
            ..Self::default()
        }
    }
}

impl ApiError {
    /// Any failure: HTTP status, reason, message, no details.
    pub fn new(code: StatusCode, reason: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Status::new("Failure", reason, message, Some(code.as_u16()))))
    }

    /// The same failure with details.
    #[must_use]
    pub fn with_details(mut self, details: Details) -> Self {
        self.0.details = Some(details);
        self
    }

    /// The same failure with a continue token (an expired list that can go on).
    #[must_use]
    pub fn with_continue(mut self, token: String) -> Self {
        self.0.metadata.continue_token = token;
        self
    }

    /// The body of the answer.
    pub fn status(&self) -> &Status {
        &self.0
    }

    /// HTTP status of the answer.
    pub fn code(&self) -> StatusCode {
        self.0
            .code
            .and_then(|code| StatusCode::from_u16(code).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Machine-readable reason, e.g. `NotFound`.
    pub fn reason(&self) -> &str {
        &self.0.reason
    }

    /// 404: the object is not there.
    pub fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", resource.qualified());
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).with_details(Details::of(resource, name))
    }

    /// 404: no resource is served at that path.
    pub fn no_such_resource() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).with_details(Details::default())
    }

    /// 409: an object of that name is there.
    pub fn already_exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", resource.qualified());
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message).with_details(Details::of(resource, name))
    }

    /// 409: an object of that name is there, and on its way out.
    pub fn already_exists_deleting(resource: &Resource, name: &str) -> Self {
        let message = format!("object is being deleted: {} \"{name}\" already exists", resource.qualified());
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message).with_details(Details::of(resource, name))
    }

    /// 409: optimistic locking failed. `why` completes the sentence.
    pub fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", resource.qualified());
        Self::new(StatusCode::CONFLICT, "Conflict", message).with_details(Details::of(resource, name))
    }

    /// 409: the object changed since the client read it.
    pub fn modified(resource: &Resource, name: &str) -> Self {
        const WHY: &str =
            "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(resource, name, WHY)
    }

    /// 422: the object of `resource` is invalid.
    pub fn invalid(resource: &Resource, name: &str, causes: Vec<Cause>) -> Self {
        Self::invalid_kind(&resource.group, &resource.kind, name, causes)
    }

    /// 422 for a kind that is no resource, e.g. `ListOptions`.
    pub fn invalid_kind(group: &str, kind: &str, name: &str, causes: Vec<Cause>) -> Self {
        let qualified = if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") };
        let message = format!("{qualified} \"{name}\" is invalid: {}", cause::summary(&causes));
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).with_details(Details {
            name: name.into(),
            group: group.into(),
            kind: kind.into(),
            causes,
            ..Details::default()
        })
    }

    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// 401.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    /// 403 about one object (or a whole resource when `name` is empty); `why` completes the sentence.
    pub fn forbidden(resource: &Resource, name: &str, why: &str) -> Self {
        let qualified = resource.qualified();
        let message = if name.is_empty() {
            format!("{qualified} is forbidden: {why}")
        } else {
            format!("{qualified} \"{name}\" is forbidden: {why}")
        };
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message).with_details(Details::of(resource, name))
    }

    /// 405.
    pub fn method_not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
            .with_details(Details::default())
    }

    /// 405 in the words in which custom resources refuse a verb.
    pub fn verb_not_supported(resource: &Resource, verb: &str) -> Self {
        let message = format!("{verb} is not supported on resources of kind \"{}\"", resource.qualified());
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
            .with_details(Details::of(resource, ""))
    }

    /// 410: the version asked for has been compacted away.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "Expired", message)
    }

    /// 413.
    pub fn too_large(limit: usize) -> Self {
        let message = format!("Request entity too large: limit is {limit}");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", message)
    }

    /// 415 with the media types that would have done.
    pub fn unsupported_media_type(accepted: &str) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {accepted}"
        );
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    /// 501: a real server has it, the embedded one does not.
    pub fn not_implemented(what: &str) -> Self {
        let message = format!("the embedded cluster does not support {what}");
        Self::new(StatusCode::NOT_IMPLEMENTED, "NotImplemented", message)
    }

    /// 500. The cause is what a client may read, not an internal chain.
    pub fn internal(cause: impl Into<String>) -> Self {
        let cause = cause.into();
        let causes = vec![Cause::message_only(&cause)];
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalError",
            format!("Internal error occurred: {cause}"),
        )
        .with_details(Details { causes, ..Details::default() })
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let retry = self.0.details.as_ref().and_then(|details| details.retry_after_seconds);
        let mut response = (self.code(), axum::Json(&*self.0)).into_response();
        if let Some(seconds) = retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
