//! The fields that the scale subresource reads and writes.

use serde_json::Value;

use crate::api::status::Cause;
use crate::registry::resource::ScalePaths;

/// What makes it impossible to scale a custom resource.
pub fn validate(paths: &ScalePaths, object: &Value) -> Option<Cause> {
    let pointer = &paths.spec_replicas;
    let path = pointer.replace('/', ".");
    let refuse = |value: &Value, words: &str| Some(Cause::invalid(path.clone(), value, words));
    let mut place = object;
    let mut names = pointer.split('/').skip(1).peekable();
    while let Some(name) = names.next() {
        place = match place {
            Value::Object(map) => map.get(name)?,
            other => return refuse(&0.into(), &accessor(&path, other, "map[string]interface{}")),
        };
        if names.peek().is_none() {
            return match place.as_i64() {
                Some(number) if number < 0 => refuse(place, "should be a non-negative integer"),
                Some(number) if number > i64::from(i32::MAX) => {
                    refuse(place, &format!("should be less than or equal to {}", i32::MAX))
                }
                Some(_) => None,
                None => refuse(&0.into(), &accessor(&path, place, "int64")),
            };
        }
    }
    None
}

fn accessor(path: &str, value: &Value, wanted: &str) -> String {
    let (shown, kind) = match value {
        Value::String(text) => (text.clone(), "string"),
        Value::Array(_) => (value.to_string().replace(',', " "), "[]interface {}"),
        Value::Bool(_) => (value.to_string(), "bool"),
        Value::Number(number) if number.is_f64() => (value.to_string(), "float64"),
        Value::Number(_) => (value.to_string(), "int64"),
        Value::Null => ("<nil>".to_owned(), "<nil>"),
        Value::Object(_) => (value.to_string(), "map[string]interface {}"),
    };
    format!("{path} accessor error: {shown} is of the type {kind}, expected {wanted}")
}
