//! Removal of fields that the schema does not know, and their names for `fieldValidation`.

use serde_json::Value;

use super::path::Path;
use super::structure::{Additional, Schema};

/// Removes unknown fields and returns their paths, sorted. `apiVersion`, `kind` and `metadata` of
/// the object itself are always known.
pub(super) fn prune(schema: &Schema, value: &mut Value) -> Vec<String> {
    let mut unknown = Vec::new();
    node(schema, value, true, &Path::Root, &mut unknown);
    unknown.sort();
    unknown
}

fn node(schema: &Schema, value: &mut Value, is_resource: bool, at: &Path<'_>, unknown: &mut Vec<String>) {
    let is_resource = is_resource || schema.embedded;
    match value {
        Value::Object(map) => {
            let any = schema.preserve_unknown || matches!(schema.additional, Additional::Any);
            map.retain(|name, there| {
                if is_resource && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") {
                    return true;
                }
                if let Some(child) = schema.field(name) {
                    node(child, there, false, &at.field(name), unknown);
                    return true;
                }
                if !any {
                    unknown.push(at.field(name).to_string());
                }
                any
            });
        }
        Value::Array(list) => {
            if let Some(items) = &schema.items {
                for (n, there) in list.iter_mut().enumerate() {
                    node(items, there, false, &at.index(n), unknown);
                }
            } else if !schema.preserve_unknown {
                // A list where none is expected: what is in its objects is unknown.
                for (n, there) in list.iter_mut().enumerate() {
                    if there.is_object() {
                        node(&Schema::default(), there, false, &at.index(n), unknown);
                    }
                }
            }
        }
        _ => {}
    }
}
