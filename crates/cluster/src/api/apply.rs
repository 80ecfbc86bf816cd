//! Server-side apply and the bookkeeping of `managedFields`.

use jiff::Timestamp;
use serde_json::Value;

use crate::api::status::ApiResult;
use crate::registry::resource::{Resource, Subresource};

/// Who writes, through which door, when.
pub struct Manager<'a> {
    pub name: &'a str,
    pub subresource: Option<Subresource>,
    pub now: Timestamp,
}

/// The object after `applied` has been merged into `live` (`None`: it is created), its managers updated.
pub fn server_side_apply(
    _resource: &Resource,
    live: Option<&Value>,
    applied: &Value,
    _manager: &Manager<'_>,
    _force: bool,
) -> ApiResult<Value> {
    let mut merged = live.cloned().unwrap_or_else(|| serde_json::json!({}));
    json_patch::merge(&mut merged, applied);
    Ok(merged)
}

/// Writes into `new` that `manager` owns what differs from `live` (`None`: everything), as `Update`.
pub fn update_managers(
    _resource: &Resource,
    _live: Option<&Value>,
    _new: &mut Value,
    _manager: &Manager<'_>,
) {
}
