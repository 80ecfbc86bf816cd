//! What can go wrong for a caller, and how it is told: every [`Error`] is one [`Problem`].

use std::time::Duration;

use domain::{CorrelationId, FieldError, Problem, identity::Role};
use thiserror::Error;

/// Result of every method of the platform.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the platform did not do what a caller asked for.
#[derive(Debug, Error)]
pub enum Error {
    /// It does not exist, or the caller may not know that it does.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The caller sees the tenant, but not with this right.
    #[error("the role {} is needed", needs.as_str())]
    Forbidden {
        /// Least role that may.
        needs: Role,
    },
    /// Only an administrator of the platform may do this.
    #[error("the role platform-admin is needed")]
    AdminOnly,
    /// Fields of a form or manifest were refused.
    #[error("{} fields are invalid", .0.len())]
    Invalid(Vec<FieldError>),
    /// The object changed since the caller read it.
    #[error("the object was changed by someone else")]
    Conflict,
    /// The request makes no sense in the present state: code, sentence, what to do.
    #[error("{title}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Stable, snake_case.
        code: &'static str,
        /// What happened.
        title: String,
        /// What to do next.
        detail: String,
    },
    /// Too many requests.
    #[error("too many requests")]
    RateLimited {
        /// When to try again.
        retry_after: Duration,
    },
    /// A part that the platform needs does not answer.
    #[error("{what} does not answer: {cause}")]
    Unavailable {
        /// The part, for people.
        what: &'static str,
        /// For the log only.
        cause: String,
    },
    /// A fault of the platform; the cause is for the log only.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// One field that was refused.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }

    /// A fault of the platform.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }

    /// Nothing can be kept at the moment.
    pub(crate) fn disk_full() -> Self {
        Self::refused(
            507,
            "disk_full",
            "The platform's disk is full.",
            "Nothing was changed. The administrator has to free some space.",
        )
    }

    fn event_too_large(title: impl Into<String>) -> Self {
        Self::refused(
            413,
            "event_too_large",
            title,
            "Put large data into a bucket and send its address; attributes are for what events are told apart by.",
        )
    }

    /// A request that is refused with a reason of its own.
    pub fn refused(
        status: u16,
        code: &'static str,
        title: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self::Refused { status, code, title: title.into(), detail: detail.into() }
    }

    /// Whether it goes by itself, so that the same may be done later: a part is away, or the disk is full.
    pub(crate) const fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Refused { status: 507, .. })
    }

    /// The stable code of its problem.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "not_found",
            Self::Forbidden { .. } | Self::AdminOnly => "forbidden",
            Self::Invalid(_) => "invalid",
            Self::Conflict => "conflict",
            Self::Refused { code, .. } => code,
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable { .. } => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// When to try again, where the caller was too fast.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } => Some(*retry_after),
            _ => None,
        }
    }

    /// What the caller is told; causes are logged here, once, and leave the server never.
    pub fn problem(&self, correlation: &CorrelationId) -> Problem {
        let mut problem = match self {
            Self::NotFound(what) => Problem::new(
                404,
                "not_found",
                format!("This {what} does not exist."),
                "Check the address; it may have been deleted, or belong to another tenant.",
            ),
            Self::Forbidden { needs } => Problem::new(
                403,
                "forbidden",
                "Your role does not allow this.",
                format!("It needs the role {}. An owner of the tenant can grant it.", needs.as_str()),
            ),
            Self::AdminOnly => Problem::new(
                403,
                "forbidden",
                "Your role does not allow this.",
                "It needs the role platform-admin. An administrator of the platform can do it for you.",
            ),
            Self::Invalid(errors) => {
                let title = match errors.as_slice() {
                    [one] => one.message.clone(),
                    many => format!("{} fields need a correction.", many.len()),
                };
                let mut problem =
                    Problem::new(422, "invalid", title, "Correct the marked fields and try again.");
                problem.errors.clone_from(errors);
                problem
            }
            Self::Conflict => Problem::new(
                409,
                "conflict",
                "Someone else changed it in the meantime.",
                "Load the newest version, look at what changed, and try again.",
            ),
            Self::Refused { status, code, title, detail } => Problem::new(*status, code, title, detail),
            Self::RateLimited { retry_after } => Problem::new(
                429,
                "rate_limited",
                "Too many requests in a short time.",
                format!("Try again in {} s.", retry_after.as_secs().max(1)),
            ),
            Self::Unavailable { what, cause } => {
                tracing::error!(correlation.id = %correlation, cause, "{what} does not answer");
                Problem::new(
                    503,
                    "unavailable",
                    format!("The {what} does not answer at the moment."),
                    "Nothing was lost. Try again in a few seconds.",
                )
            }
            Self::Internal(cause) => {
                tracing::error!(correlation.id = %correlation, cause, "request failed");
                Problem::new(
                    500,
                    "internal",
                    "Something went wrong in the platform.",
                    "Try again; if it happens once more, give the id below to the administrator.",
                )
            }
        };
        problem.correlation_id = correlation.as_str().to_owned();
        problem
    }
}

/// Kubernetes' answers in the platform's words.
impl From<kube::Error> for Error {
    fn from(error: kube::Error) -> Self {
        let status = match error {
            kube::Error::Api(status) => status,
            other => return Self::Unavailable { what: "cluster", cause: other.to_string() },
        };
        match (status.code, status.reason.as_str()) {
            (404, _) => Self::NotFound("object"),
            (409, "AlreadyExists") => {
                Self::field("metadata.name", "This name is taken: choose another one, or edit that function.")
            }
            (409, _) => Self::Conflict,
            // Only the pages of a list are read by something that gets old.
            (410, _) => Self::field("cursor", "This cursor is too old: start again from the first page."),
            (400 | 422, _) => Self::Invalid(field_errors(&status)),
            (403, _) => Self::refused(
                403,
                "quota_or_policy",
                "The cluster refused this.",
                "The tenant's quota may be used up, or a policy forbids it; ask an owner of the tenant.",
            ),
            (429, _) => {
                let seconds = status.details.as_ref().map_or(1, |details| details.retry_after_seconds.max(1));
                Self::RateLimited { retry_after: Duration::from_secs(seconds.into()) }
            }
            (507, _) => Self::disk_full(),
            _ => Self::Unavailable { what: "cluster", cause: status.message.clone() },
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Cursor => Self::field("cursor", "This cursor is not one that a list gave out."),
            store::Error::Full => Self::disk_full(),
            store::Error::Refused(cause) => {
                tracing::error!(%cause, "the database does not take a value");
                Self::refused(
                    422,
                    "not_storable",
                    "Something in this can not be stored.",
                    "Take out control characters, or make the texts shorter.",
                )
            }
            other => Self::Unavailable { what: "database", cause: other.to_string() },
        }
    }
}

impl From<domain::event::TooLarge> for Error {
    fn from(too_large: domain::event::TooLarge) -> Self {
        Self::event_too_large(too_large.to_string())
    }
}

impl From<bus::Error> for Error {
    fn from(error: bus::Error) -> Self {
        match error {
            bus::Error::NoSuchQueue(_) => Self::refused(
                409,
                "not_ready_for_events",
                "The function can not take events yet.",
                "Wait until it was deployed once, then send the event again.",
            ),
            bus::Error::QueueFull { .. } => Self::refused(
                429,
                "queue_full",
                "The function's queue is full.",
                "Wait until it has worked some events off, then send the event again.",
            ),
            bus::Error::TooLarge { .. } => Self::event_too_large("The event is too large."),
            other => Self::Unavailable { what: "event bus", cause: other.to_string() },
        }
    }
}

fn field_errors(status: &kube::core::Status) -> Vec<FieldError> {
    let causes = status.details.as_ref().map_or(&[][..], |details| &details.causes);
    if causes.is_empty() {
        return vec![FieldError { field: String::new(), message: status.message.clone() }];
    }
    causes.iter().map(|c| FieldError { field: c.field.clone(), message: c.message.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_whose_cursor_is_too_old_is_the_callers_to_ask_anew() {
        let status = kube::core::Status { code: 410, reason: "Expired".to_owned(), ..Default::default() };
        match Error::from(kube::Error::Api(Box::new(status))) {
            Error::Invalid(errors) => assert_eq!(errors[0].field, "cursor"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn causes_of_the_platforms_faults_never_reach_the_caller() {
        let id: CorrelationId = "c-1".parse().unwrap();
        let problem = Error::internal("password=hunter2 at 10.0.0.1").problem(&id);
        let text = serde_json::to_string(&problem).unwrap();
        assert!(!text.contains("hunter2") && text.contains("c-1"), "{text}");
    }
}
