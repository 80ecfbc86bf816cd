//! PATCH bodies other than apply: JSON patch, merge patch, strategic merge patch.

use serde_json::Value;

use crate::api::status::{ApiError, ApiResult};
use crate::registry::resource::Resource;

/// The media types of [`apply_patch`], in the order in which a refusal lists them.
pub const JSON_PATCH: &str = "application/json-patch+json";
pub const MERGE_PATCH: &str = "application/merge-patch+json";
pub const STRATEGIC_MERGE_PATCH: &str = "application/strategic-merge-patch+json";

/// `current` with the patch applied.
pub fn apply_patch(
    content_type: &str,
    _resource: &Resource,
    current: &Value,
    patch: &[u8],
) -> ApiResult<Value> {
    let malformed = |error: serde_json::Error| ApiError::bad_request(error.to_string());
    let mut patched = current.clone();
    match content_type {
        JSON_PATCH => {
            let patch: json_patch::Patch = serde_json::from_slice(patch).map_err(malformed)?;
            json_patch::patch(&mut patched, &patch)
                .map_err(|error| ApiError::bad_request(error.to_string()))?;
        }
        _ => json_patch::merge(&mut patched, &serde_json::from_slice(patch).map_err(malformed)?),
    }
    Ok(patched)
}
