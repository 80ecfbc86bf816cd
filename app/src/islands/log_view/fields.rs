//! Lines that are one JSON object: their fields, read by the browser's own parser.

use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};

use crate::islands::dom;

/// Fields that are shown of one line.
const MOST: usize = 50;

/// A filter: lines that have this field with this value.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) value: String,
}

/// Whether a line looks like one: cheap, for each line that is drawn.
pub(super) fn looks_like(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("{\"") && text.ends_with('}')
}

/// The fields of a line in their order; none when it is no object.
pub(super) fn of(text: &str) -> Vec<Field> {
    let Some(object) = object(text) else { return Vec::new() };
    let names = Object::keys(&object).into_iter().take(MOST);
    names
        .map(|name| Field {
            value: word(&Reflect::get(&object, &name).unwrap_or_default()),
            name: dom::text(&name),
        })
        .collect()
}

/// Whether a line has the field with that value.
pub(super) fn has(text: &str, field: &Field) -> bool {
    let found = object(text).and_then(|object| Reflect::get(&object, &field.name.as_str().into()).ok());
    found.is_some_and(|value| !value.is_undefined() && word(&value) == field.value)
}

fn object(text: &str) -> Option<Object> {
    if !looks_like(text) {
        return None;
    }
    JSON::parse(text).ok()?.dyn_into().ok()
}

/// A text as it is, anything else as JSON.
fn word(value: &JsValue) -> String {
    value.as_string().unwrap_or_else(|| JSON::stringify(value).map(String::from).unwrap_or_default())
}
