//! Manifests in and out: JSON or YAML.

use axum::{
    Json,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use serde::Serialize;

use crate::problem::{Answer, Refusal};

/// A manifest as the client likes it: YAML when it says so, JSON otherwise.
pub(crate) fn manifest(headers: &HeaderMap, status: StatusCode, object: &impl Serialize) -> Answer {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("yaml") {
        let text = serde_saphyr::to_string(object).map_err(|error| {
            tracing::error!(%error, "a manifest could not be written as YAML");
            Refusal::new(500, "internal", "Something went wrong in the platform.", "Ask for JSON instead.")
        })?;
        return Ok((status, [(header::CONTENT_TYPE, "application/yaml")], text).into_response());
    }
    Ok((status, Json(object)).into_response())
}
