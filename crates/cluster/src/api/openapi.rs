//! `/openapi/v3` and `/openapi/v2`.

use serde_json::{Value, json};

use crate::registry::resources::Resources;

/// The index of documents: path to URL.
pub fn index(_resources: &Resources) -> Value {
    json!({"paths": {}})
}

/// The document of one group version (`apis/batch/v1`, `api/v1`), if it is served.
pub fn document(_resources: &Resources, _path: &str) -> Option<Value> {
    None
}
