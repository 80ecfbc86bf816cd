//! Strategic merge patch: lists merge by the keys that the kind declares, and directives (`$patch`,
//! `$setElementOrder/…`, `$deleteFromPrimitiveList/…`, `$retainKeys`) say what merging cannot.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::registry::schema::Schema;

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("Unknown value of $patch directive: {0}")]
    Directive(String),
    #[error("map: {element} does not contain declared merge key: {key}")]
    NoKey { element: Value, key: String },
    #[error("delete patch type with no merge key defined")]
    DeleteWithoutKey,
}

const PATCH: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE: &str = "$deleteFromPrimitiveList/";

pub(super) fn apply(
    schema: Option<&Arc<Schema>>,
    current: &Value,
    patch: Map<String, Value>,
) -> Result<Value, Error> {
    let current = current.as_object().cloned().unwrap_or_default();
    merge_fields(schema.map(Arc::as_ref), current, patch).map(Value::Object)
}

fn merge_fields(
    schema: Option<&Schema>,
    mut current: Map<String, Value>,
    mut patch: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    match patch.remove(PATCH) {
        None => {}
        Some(Value::String(word)) if word == "replace" => return Ok(patch),
        Some(Value::String(word)) if word == "delete" => return Ok(Map::new()),
        Some(Value::String(word)) if word == "merge" => {}
        Some(other) => return Err(Error::Directive(other.to_string())),
    }
    if let Some(Value::Array(kept)) = patch.remove(RETAIN) {
        current.retain(|name, _| kept.iter().any(|one| one == name));
    }
    let mut orders = Vec::new();
    for name in patch.keys().filter(|name| name.starts_with('$')).cloned().collect::<Vec<_>>() {
        let Some(Value::Array(list)) = patch.remove(&name) else {
            continue;
        };
        if let Some(field) = name.strip_prefix(ORDER) {
            orders.push((field.to_owned(), list));
        } else if let Some(field) = name.strip_prefix(DELETE)
            && let Some(Value::Array(there)) = current.get_mut(field)
        {
            there.retain(|one| !list.contains(one));
        }
    }
    for (name, value) in patch {
        let child = child_of(schema, &name);
        let order = take_order(&mut orders, &name);
        if value.is_null() {
            current.remove(&name);
            continue;
        }
        let merged = match (current.remove(&name), value) {
            (Some(Value::Object(there)), Value::Object(change)) => {
                Value::Object(merge_fields(child.as_deref(), there, change)?)
            }
            (None, Value::Object(change)) => {
                Value::Object(merge_fields(child.as_deref(), Map::new(), change)?)
            }
            (there, Value::Array(change)) if child.as_ref().is_some_and(|child| child.patch.merge) => {
                let there = match there {
                    Some(Value::Array(there)) => there,
                    _ => Vec::new(),
                };
                Value::Array(merge_list(child.as_deref(), there, change, order)?)
            }
            (_, value) => value,
        };
        current.insert(name, merged);
    }
    // An order without changes only sorts.
    for (name, order) in orders {
        if let Some(Value::Array(there)) = current.remove(&name) {
            let child = child_of(schema, &name);
            let sorted = merge_list(child.as_deref(), there, Vec::new(), Some(order))?;
            current.insert(name, Value::Array(sorted));
        }
    }
    Ok(current)
}

fn child_of(schema: Option<&Schema>, name: &str) -> Option<Arc<Schema>> {
    schema?.field(name).cloned()
}

fn take_order(orders: &mut Vec<(String, Vec<Value>)>, name: &str) -> Option<Vec<Value>> {
    let at = orders.iter().position(|(field, _)| field == name)?;
    Some(orders.swap_remove(at).1)
}

fn merge_list(
    schema: Option<&Schema>,
    current: Vec<Value>,
    patch: Vec<Value>,
    order: Option<Vec<Value>>,
) -> Result<Vec<Value>, Error> {
    let key = schema.and_then(|schema| schema.patch.merge_key.as_deref());
    let items = schema.and_then(|schema| schema.items.as_deref());
    let server_order: Vec<Value> = current.iter().map(|one| identity(key, one)).collect();
    let mut merged = current;
    let mut named = Vec::new();
    let replaces = patch.iter().any(|one| one.get(PATCH).is_some_and(|word| word == "replace"));
    if replaces {
        merged.clear();
    }
    for element in patch {
        let directive = element.get(PATCH).and_then(Value::as_str).map(str::to_owned);
        match directive.as_deref() {
            Some("replace") => continue,
            Some("delete") => {
                let id = required_identity(key, &element)?;
                merged.retain(|one| identity(key, one) != id);
                continue;
            }
            Some("merge") | None => {}
            Some(other) => return Err(Error::Directive(other.to_owned())),
        }
        let id = if key.is_some() { required_identity(key, &element)? } else { element.clone() };
        let there = merged.iter_mut().find(|one| identity(key, one) == id);
        match (there, element) {
            (Some(Value::Object(there)), Value::Object(change)) => {
                *there = merge_fields(items, std::mem::take(there), change)?;
            }
            (Some(_), _) => {}
            (None, Value::Object(change)) => {
                merged.push(Value::Object(merge_fields(items, Map::new(), change)?));
            }
            (None, plain) => merged.push(plain),
        }
        named.push(id);
    }
    if replaces {
        return Ok(merged);
    }
    let wanted: Vec<Value> = match order {
        Some(order) => order.iter().map(|one| identity(key, one)).collect(),
        None => named,
    };
    Ok(in_order(key, merged, &wanted, &server_order))
}

/// Elements that the patch orders in its order, the others between them where they stood before; what the
/// patch adds goes before those.
fn in_order(key: Option<&str>, merged: Vec<Value>, wanted: &[Value], server_order: &[Value]) -> Vec<Value> {
    let place = |list: &[Value], one: &Value| {
        let id = identity(key, one);
        list.iter().position(|other| *other == id)
    };
    let (mut ordered, mut rest): (Vec<Value>, Vec<Value>) =
        merged.into_iter().partition(|one| place(wanted, one).is_some());
    ordered.sort_by_key(|one| place(wanted, one));
    rest.sort_by_key(|one| place(server_order, one));
    let mut result = Vec::with_capacity(ordered.len() + rest.len());
    let (mut ordered, mut rest) = (ordered.into_iter().peekable(), rest.into_iter().peekable());
    loop {
        let next = match (rest.peek(), ordered.peek()) {
            (Some(left), Some(right)) => match (place(server_order, left), place(server_order, right)) {
                (Some(l), Some(r)) if l < r => rest.next(),
                _ => ordered.next(),
            },
            (Some(_), None) => rest.next(),
            (None, _) => ordered.next(),
        };
        match next {
            Some(one) => result.push(one),
            None => return result,
        }
    }
}

/// What tells elements apart: the merge key, or the element itself.
fn identity(key: Option<&str>, element: &Value) -> Value {
    match key {
        Some(key) => element.get(key).cloned().unwrap_or(Value::Null),
        None => element.clone(),
    }
}

fn required_identity(key: Option<&str>, element: &Value) -> Result<Value, Error> {
    let key = key.ok_or(Error::DeleteWithoutKey)?;
    element.get(key).cloned().ok_or_else(|| Error::NoKey { element: element.clone(), key: key.to_owned() })
}
