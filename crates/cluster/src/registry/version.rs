//! Resource versions as clients send them, and the tokens with which a list goes on.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use crate::api::status::{ApiError, ApiResult, Cause, Details};
use crate::registry::storage::Key;

/// Which version a list or watch asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// Not said: the newest.
    Newest,
    /// `0` or "not older than": the newest will do, it must have reached this one.
    NotOlderThan(u64),
    /// `resourceVersionMatch=Exact`.
    Exact(u64),
}

/// Reads a `resourceVersion`; empty is `None`.
pub fn parse(text: &str) -> ApiResult<Option<u64>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        ApiError::bad_request(format!(
            "invalid resource version: resourceVersion: Invalid value: \"{text}\": strconv.ParseUint: parsing \"{text}\": invalid syntax"
        ))
    })
}

/// 504 for a version that lies in the future.
pub fn too_large(requested: u64, current: u64) -> ApiError {
    let message = format!("Timeout: Too large resource version: {requested}, current: {current}");
    let cause = Cause {
        reason: "ResourceVersionTooLarge".into(),
        message: "Too large resource version".into(),
        field: String::new(),
    };
    ApiError::new(http::StatusCode::GATEWAY_TIMEOUT, "Timeout", message).with_details(Details {
        causes: vec![cause],
        retry_after_seconds: Some(1),
        ..Details::default()
    })
}

/// Where a list goes on, and in which version. Opaque to clients.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continue {
    #[serde(rename = "v")]
    format: String,
    /// `None`: in the newest version, whatever changed in between.
    #[serde(rename = "rv", skip_serializing_if = "Option::is_none", default)]
    pub version: Option<u64>,
    namespace: String,
    name: String,
}

impl Continue {
    pub fn new(version: Option<u64>, after: Key) -> Self {
        Self { format: "1".into(), version, namespace: after.namespace, name: after.name }
    }

    pub fn encode(&self) -> String {
        // Text and numbers always make JSON.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    pub fn decode(token: &str) -> ApiResult<Self> {
        let refused = |why: String| ApiError::bad_request(format!("invalid continue token: {why}"));
        let json = URL_SAFE_NO_PAD.decode(token).map_err(|error| refused(error.to_string()))?;
        serde_json::from_slice(&json).map_err(|error| refused(error.to_string()))
    }

    pub fn after(&self) -> Key {
        Key::new(&self.namespace, &self.name)
    }
}
