//! What handlers take out of a request. axum's own extractors refuse in plain text; these refuse with a problem.

use axum::{
    body,
    extract::{
        FromRequest, FromRequestParts, OptionalFromRequest, Request,
        rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection},
    },
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::problem::{Answer, Refusal};

/// Parts of the path.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Refusal))]
pub(crate) struct Path<T>(pub(crate) T);

/// The query string.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Refusal))]
pub(crate) struct Query<T>(pub(crate) T);

/// A body in JSON; an answer in JSON.
#[derive(Default, FromRequest)]
#[from_request(via(axum::Json), rejection(Refusal))]
pub(crate) struct Json<T>(pub(crate) T);

/// The bytes of a body.
pub(crate) struct Bytes(pub(crate) body::Bytes);

/// A body that is text.
pub(crate) struct Text(pub(crate) String);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Answer<Option<Self>> {
        let found = <axum::Json<T> as OptionalFromRequest<S>>::from_request(request, state).await?;
        Ok(found.map(|axum::Json(value)| Self(value)))
    }
}

impl<S: Send + Sync> FromRequest<S> for Bytes {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Answer<Self> {
        Ok(Self(<body::Bytes as FromRequest<S>>::from_request(request, state).await?))
    }
}

impl<S: Send + Sync> FromRequest<S> for Text {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Answer<Self> {
        let Bytes(bytes) = Bytes::from_request(request, state).await?;
        let text = String::from_utf8(bytes.into());
        text.map(Self).map_err(|_| Refusal::new(400, "not_text", "The body is no text.", "Send UTF-8."))
    }
}

impl From<PathRejection> for Refusal {
    /// A name that nothing can have names nothing.
    fn from(rejection: PathRejection) -> Self {
        match rejection {
            PathRejection::FailedToDeserializePathParams(_) => Self::not_found(),
            other => unreadable(other.status().as_u16(), &other.body_text()),
        }
    }
}

impl From<QueryRejection> for Refusal {
    fn from(rejection: QueryRejection) -> Self {
        let detail = rejection.body_text();
        Self::new(400, "bad_query", "The query of this address can not be read.", &detail)
    }
}

impl From<JsonRejection> for Refusal {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::MissingJsonContentType(_) => Self::new(
                415,
                "not_json",
                "This address takes JSON.",
                "Send it with Content-Type: application/json.",
            ),
            JsonRejection::JsonSyntaxError(error) => {
                Self::new(400, "not_json", "The body is no JSON.", &error.body_text())
            }
            JsonRejection::JsonDataError(error) => Self::field("body", &error.body_text()),
            JsonRejection::BytesRejection(rejection) => rejection.into(),
            other => unreadable(other.status().as_u16(), &other.body_text()),
        }
    }
}

impl From<BytesRejection> for Refusal {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status().as_u16() {
            413 => Self::new(
                413,
                "body_too_large",
                "The body is larger than this address takes.",
                "Most addresses take 10 MiB; send less at once, or upload it as an archive.",
            ),
            status => unreadable(status, &rejection.body_text()),
        }
    }
}

fn unreadable(status: u16, why: &str) -> Refusal {
    Refusal::new(status, "bad_request", "The request can not be read.", why)
}
