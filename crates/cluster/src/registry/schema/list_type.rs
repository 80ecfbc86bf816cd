//! Lists that are maps or sets: elements are found by their identity, and must not repeat.

use serde_json::{Map, Value};

use crate::api::status::Cause;

use super::path::Path;
use super::structure::{ListType, Schema};

/// The identity of an element of a list of type map, with defaults for absent keys.
pub fn key_of(schema: &Schema, keys: &[String], element: &Value) -> Map<String, Value> {
    let items = schema.items.as_deref();
    keys.iter()
        .filter_map(|key| {
            let value = element.get(key).or_else(|| {
                items.and_then(|items| items.properties.get(key)).and_then(|field| field.default.as_ref())
            })?;
            Some((key.clone(), value.clone()))
        })
        .collect()
}

/// The element of the old list that `element` continues, where the list type tells; in an atomic
/// list only an equal element at the same place is one.
pub fn counterpart<'a>(
    schema: &Schema,
    element: &Value,
    at: usize,
    old: Option<&'a Value>,
) -> Option<&'a Value> {
    let old = old?.as_array()?;
    match &schema.list {
        ListType::Map(keys) => {
            let key = key_of(schema, keys, element);
            old.iter().find(|other| key_of(schema, keys, other) == key)
        }
        ListType::Set => old.iter().find(|other| *other == element),
        ListType::Atomic => old.get(at).filter(|other| *other == element),
    }
}

/// Reports elements that repeat in sets and maps.
pub fn validate(schema: &Schema, value: &Value) -> Vec<Cause> {
    let mut errors = Vec::new();
    node(schema, value, &Path::Root, &mut errors);
    errors
}

fn node(schema: &Schema, value: &Value, at: &Path<'_>, errors: &mut Vec<Cause>) {
    match value {
        Value::Object(map) => {
            for (name, child) in map {
                if let Some(known) = schema.properties.get(name) {
                    node(known, child, &at.field(name), errors);
                } else if let Some(known) = schema.field(name) {
                    node(known, child, &at.key(name), errors);
                }
            }
        }
        Value::Array(list) => {
            match &schema.list {
                ListType::Atomic => {}
                ListType::Set => repeats(list.iter().cloned(), at, errors),
                ListType::Map(keys) => {
                    let identities = list.iter().map(|one| key_of(schema, keys, one).into());
                    repeats(identities, at, errors);
                }
            }
            if let Some(items) = &schema.items {
                for (n, child) in list.iter().enumerate() {
                    node(items, child, &at.index(n), errors);
                }
            }
        }
        _ => {}
    }
}

fn repeats(list: impl Iterator<Item = Value>, at: &Path<'_>, errors: &mut Vec<Cause>) {
    let mut seen: Vec<Value> = Vec::new();
    for (n, one) in list.enumerate() {
        if seen.contains(&one) {
            errors.push(Cause::duplicate(at.index(n).to_string(), &one));
        }
        seen.push(one);
    }
}
