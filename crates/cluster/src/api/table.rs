//! `meta.k8s.io/v1 Table`: what `kubectl get` prints.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::registry::object::Object;
use crate::registry::resource::Resource;

/// What a row carries beside its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IncludeObject {
    None,
    #[default]
    Metadata,
    Object,
}

/// A table of `objects`; `metadata` is that of the list. Without `columns` (watch events after the first) no
/// column definitions are sent.
pub fn render(
    _resource: &Resource,
    objects: &[&Object],
    metadata: &Value,
    _include: IncludeObject,
    columns: bool,
    _now: Timestamp,
) -> Value {
    let definitions =
        json!([{"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}]);
    let rows: Vec<Value> = objects.iter().map(|object| json!({"cells": [object.name()]})).collect();
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": if columns { definitions } else { Value::Null },
        "rows": rows,
    })
}
