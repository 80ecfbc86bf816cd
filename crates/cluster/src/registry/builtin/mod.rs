//! Defaults and rules of built-in kinds. Called for resources without a schema of their own.

pub mod schemas;

use serde_json::Value;

use crate::api::status::{ApiResult, Cause};
use crate::registry::resource::Resource;

/// Refuses what cannot be an object of that kind (a number where text belongs), before anything else looks at it.
/// Gives the paths of fields that the kind does not have, which it takes out.
pub fn decode(_resource: &Resource, _object: &mut Value) -> ApiResult<Vec<String>> {
    Ok(Vec::new())
}

/// Fills in what a client left out.
pub fn apply_defaults(resource: &Resource, object: &mut Value) {
    if resource.is("", "namespaces") {
        let name = object["metadata"]["name"].clone();
        object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
    }
}

/// Sets the fields of a new object that are not the client's to set. Runs after the defaults.
pub fn prepare_create(resource: &Resource, object: &mut Value) {
    if resource.is("", "namespaces") {
        object["spec"]["finalizers"] = serde_json::json!(["kubernetes"]);
        object["status"] = serde_json::json!({"phase": "Active"});
    }
}

/// Keeps what an update must not change. Runs after the defaults.
pub fn prepare_update(_resource: &Resource, _object: &mut Value, _old: &Value) {}

/// Everything that is wrong with a new object, metadata aside.
pub fn validate_create(_resource: &Resource, _object: &Value) -> Vec<Cause> {
    Vec::new()
}

/// Everything that is wrong with a change, metadata aside.
pub fn validate_update(_resource: &Resource, _object: &Value, _old: &Value) -> Vec<Cause> {
    Vec::new()
}
