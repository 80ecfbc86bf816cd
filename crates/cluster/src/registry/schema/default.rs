//! Defaults of a schema put into a value, and nulls that the schema does not take put out of it.

use serde_json::Value;

use super::structure::{Additional, Schema};

/// Puts defaults where fields are absent, or null although they may not be. A default of an object
/// only works where the object's parent is there; defaults inside a default are filled in as well.
pub(super) fn apply(schema: &Schema, value: &mut Value) {
    if !schema.defaults_below {
        return;
    }
    match value {
        Value::Object(map) => {
            for (name, child) in &schema.properties {
                let Some(default) = &child.default else {
                    continue;
                };
                match map.get_mut(name) {
                    None => {
                        map.insert(name.clone(), default.clone());
                    }
                    Some(there) if there.is_null() && !child.nullable => *there = default.clone(),
                    Some(_) => {}
                }
            }
            for (name, there) in map.iter_mut() {
                if let Some(child) = schema.field(name) {
                    if there.is_null()
                        && !child.nullable
                        && let Some(default) = &child.default
                    {
                        *there = default.clone();
                    }
                    apply(child, there);
                }
            }
        }
        Value::Array(list) => {
            if let Some(items) = &schema.items {
                for there in list {
                    if there.is_null()
                        && !items.nullable
                        && let Some(default) = &items.default
                    {
                        *there = default.clone();
                    }
                    apply(items, there);
                }
            }
        }
        _ => {}
    }
}

/// Drops nulls of fields that neither take null nor have a default.
pub(super) fn drop_nulls(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|name, there| {
                let child = match (schema.properties.get(name), &schema.additional) {
                    (Some(child), _) => child,
                    (None, Additional::Schema(child)) => child,
                    (None, _) => return true,
                };
                if there.is_null() {
                    return child.nullable || child.default.is_some() || is_open(child);
                }
                drop_nulls(child, there);
                true
            });
        }
        Value::Array(list) => {
            if let Some(items) = &schema.items {
                for there in list {
                    drop_nulls(items, there);
                }
            }
        }
        _ => {}
    }
}

fn is_open(schema: &Schema) -> bool {
    schema.kind.is_none() && schema.preserve_unknown
}
