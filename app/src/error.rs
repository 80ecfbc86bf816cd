//! What the user is told: the only place that words an error for a person.

use domain::Problem;
use serde::{Deserialize, Serialize};
use server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

/// An error as the browser gets it; the cause stays on the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AppError(pub Problem);

impl AppError {
    /// Nothing is there, or nothing that the caller may know of.
    pub fn not_found(what: &str) -> Self {
        Self(Problem::new(
            404,
            "not_found",
            format!("There is no such {what}."),
            "Check the address, or go back to the list.",
        ))
    }

    /// Nobody is signed in.
    pub fn unauthenticated() -> Self {
        Self(Problem::new(
            401,
            "unauthenticated",
            "You are not signed in.",
            "Sign in again, in another tab if you like, then load this page once more.",
        ))
    }

    /// A form that was shown to another session.
    pub fn forged() -> Self {
        Self(Problem::new(
            403,
            "form_token",
            "This form is of an earlier session.",
            "Nothing was changed. Load the page again; what you typed is kept there. Then send it once more.",
        ))
    }

    /// What a form began from is not the newest any more.
    pub fn newer() -> Self {
        Self(Problem::new(
            409,
            "conflict",
            "A newer version is already deployed.",
            "Load the page again to see it, then make your change once more.",
        ))
    }

    /// A form that cannot be read.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        let mut problem = Problem::new(422, "invalid", "Some fields need a change.", "See the fields below.");
        problem.errors.push(domain::FieldError { field: field.to_owned(), message: message.into() });
        Self(problem)
    }

    /// The first error at or below a path of the manifest.
    pub fn field(&self, path: &str) -> Option<&str> {
        self.0.errors.iter().find(|error| is_below(&error.field, path)).map(|error| error.message.as_str())
    }

    /// One line for a narrow place.
    pub fn sentence(&self) -> String {
        match self.0.errors.first() {
            Some(error) => error.message.clone(),
            None => format!("{} {}", self.0.title, self.0.detail),
        }
    }
}

/// Whether a field is at or below a path; everything is below the empty one.
pub(crate) fn is_below(field: &str, path: &str) -> bool {
    let rest = field.strip_prefix(path);
    path.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let problem = match error {
            ServerFnErrorErr::Request(_) => Problem::new(
                503,
                "unreachable",
                "The platform cannot be reached.",
                "Check the connection; this page tries again by itself.",
            ),
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                Problem::new(400, "bad_request", "The request could not be read.", "Load the page again.")
            }
            _ => Problem::new(
                500,
                "internal",
                "Something went wrong.",
                "Try again; if it fails once more, tell the administrator the time.",
            ),
        };
        Self(problem)
    }
}

#[cfg(feature = "ssr")]
impl From<platform::Error> for AppError {
    fn from(error: platform::Error) -> Self {
        match crate::session::caller() {
            Some(caller) => Self(error.problem(&caller.correlation_id)),
            None => Self::unauthenticated(),
        }
    }
}
