//! PATCH bodies other than apply: JSON patch, merge patch, strategic merge patch.

mod json;
mod pointer;
mod strategic;

use http::StatusCode;
use serde_json::Value;

use crate::api::status::{ApiError, ApiResult, Details};
use crate::registry::builtin::schemas;
use crate::registry::resource::Resource;

/// The media types of [`apply_patch`], in the order in which a refusal lists them.
pub const JSON_PATCH: &str = "application/json-patch+json";
pub const MERGE_PATCH: &str = "application/merge-patch+json";
pub const STRATEGIC_MERGE_PATCH: &str = "application/strategic-merge-patch+json";

/// `current` with the patch applied.
pub fn apply_patch(
    content_type: &str,
    resource: &Resource,
    current: &Value,
    patch: &[u8],
) -> ApiResult<Value> {
    let patch: Value = serde_json::from_slice(patch).map_err(malformed)?;
    let mut patched = current.clone();
    match (content_type, patch) {
        (JSON_PATCH, Value::Array(operations)) => {
            json::apply(&mut patched, &operations).map_err(|_| rejected())?;
        }
        (JSON_PATCH, other) => return Err(wrong_type(&other, "[]jsonpatch.Operation")),
        (STRATEGIC_MERGE_PATCH, Value::Object(map)) => {
            let schema = schemas::of(resource);
            patched = strategic::apply(schema.as_ref(), current, map).map_err(unusable)?;
        }
        (_, patch @ Value::Object(_)) => json_patch::merge(&mut patched, &patch),
        (_, other) => return Err(wrong_type(&other, "map[string]interface {}")),
    }
    Ok(patched)
}

fn malformed(error: serde_json::Error) -> ApiError {
    ApiError::bad_request(format!("error decoding patch: {error}"))
}

fn wrong_type(patch: &Value, wanted: &str) -> ApiError {
    let got = crate::registry::schema::type_name(patch);
    ApiError::bad_request(format!(
        "error decoding patch: json: cannot unmarshal {got} into Go value of type {wanted}"
    ))
}

/// 422: an operation of a JSON patch could not be done; the server does not say which.
fn rejected() -> ApiError {
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "Invalid",
        "the server rejected our request due to an error in our request",
    )
    .with_details(Details::default())
}

/// 500: a directive of a strategic merge patch that means nothing.
fn unusable(error: strategic::Error) -> ApiError {
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "", error.to_string())
}

#[cfg(test)]
mod tests;
