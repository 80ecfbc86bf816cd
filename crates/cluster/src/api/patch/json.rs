//! JSON patch (RFC 6902), with the lenience of the API server: `replace` of a field that is not there
//! adds it.

use serde_json::Value;

use super::pointer;

/// An operation that cannot be done. The server tells no more than that.
#[derive(Debug)]
pub(super) struct Impossible;

pub(super) fn apply(document: &mut Value, operations: &[Value]) -> Result<(), Impossible> {
    operations.iter().try_for_each(|operation| one(document, operation))
}

fn one(document: &mut Value, operation: &Value) -> Result<(), Impossible> {
    let text = |name: &str| operation.get(name).and_then(Value::as_str);
    let path = text("path").ok_or(Impossible)?;
    let value = || operation.get("value").cloned().ok_or(Impossible);
    match text("op").ok_or(Impossible)? {
        "add" => add(document, path, value()?),
        "replace" => replace(document, path, value()?),
        "remove" => remove(document, path).map(|_| ()),
        "move" => {
            let moved = remove(document, text("from").ok_or(Impossible)?)?;
            add(document, path, moved)
        }
        "copy" => {
            let copied = document.pointer(text("from").ok_or(Impossible)?).cloned().ok_or(Impossible)?;
            add(document, path, copied)
        }
        "test" => {
            let expected = operation.get("value").unwrap_or(&Value::Null);
            let found = document.pointer(path).unwrap_or(&Value::Null);
            if found == expected { Ok(()) } else { Err(Impossible) }
        }
        _ => Err(Impossible),
    }
}

fn add(document: &mut Value, path: &str, value: Value) -> Result<(), Impossible> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    let (place, token) = pointer::parent(document, path).ok_or(Impossible)?;
    match place {
        Value::Object(map) => {
            map.insert(token, value);
            Ok(())
        }
        Value::Array(list) if token == "-" => {
            list.push(value);
            Ok(())
        }
        Value::Array(list) => {
            let at = pointer::index(&token, list.len() + 1).ok_or(Impossible)?;
            if at > list.len() {
                return Err(Impossible);
            }
            list.insert(at, value);
            Ok(())
        }
        _ => Err(Impossible),
    }
}

fn replace(document: &mut Value, path: &str, value: Value) -> Result<(), Impossible> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    let (place, token) = pointer::parent(document, path).ok_or(Impossible)?;
    match place {
        Value::Object(map) => {
            map.insert(token, value);
            Ok(())
        }
        Value::Array(list) => {
            let at = pointer::index(&token, list.len()).ok_or(Impossible)?;
            *list.get_mut(at).ok_or(Impossible)? = value;
            Ok(())
        }
        _ => Err(Impossible),
    }
}

fn remove(document: &mut Value, path: &str) -> Result<Value, Impossible> {
    let (place, token) = pointer::parent(document, path).ok_or(Impossible)?;
    match place {
        Value::Object(map) => map.remove(&token).ok_or(Impossible),
        Value::Array(list) => {
            let at = pointer::index(&token, list.len()).filter(|at| *at < list.len()).ok_or(Impossible)?;
            Ok(list.remove(at))
        }
        _ => Err(Impossible),
    }
}
