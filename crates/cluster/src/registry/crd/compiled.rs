//! Schemas of definitions, compiled once: the table of resources is made anew whenever any definition changes.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

use serde_json::Value;

use crate::registry::schema::{Error, Schema};

/// uid and generation of the definition, and name of the version.
type Key = (String, i64, String);

/// Schemas in use; what no table refers to any more goes.
static COMPILED: LazyLock<Mutex<HashMap<Key, Weak<Schema>>>> = LazyLock::new(Mutex::default);

/// The schema of a version of a definition.
pub(super) fn schema(definition: &Value, version: &Value) -> Result<Arc<Schema>, Error> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &definition["metadata"];
    let key =
        (text(&metadata["uid"]), metadata["generation"].as_i64().unwrap_or_default(), text(&version["name"]));
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(schema) = compiled.get(&key).and_then(Weak::upgrade) {
        return Ok(schema);
    }
    let schema = Arc::new(Schema::from_openapi(&version["schema"]["openAPIV3Schema"])?);
    compiled.retain(|_, schema| schema.strong_count() > 0);
    compiled.insert(key, Arc::downgrade(&schema));
    Ok(schema)
}
