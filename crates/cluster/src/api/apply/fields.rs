//! The set of fields that a value has.

use serde_json::Value;

use super::element::Element;
use super::set::FieldSet;
use super::shape::{Guide, Shape};

/// All fields of an applied configuration.
pub(super) fn fields_of(guide: Guide<'_>, value: &Value) -> FieldSet {
    let mut set = FieldSet::default();
    walk(guide, value, &mut Vec::new(), &mut set);
    set
}

fn walk(guide: Guide<'_>, value: &Value, path: &mut Vec<Element>, set: &mut FieldSet) {
    match (guide.shape(value), value) {
        (Shape::Fields, Value::Object(map)) => {
            for (name, child) in map {
                path.push(Element::Field(name.clone()));
                walk(guide.field(name), child, path, set);
                let empty = child.as_object().is_some_and(serde_json::Map::is_empty);
                if empty || child.is_null() || !guide.declares(name) {
                    set.insert(path);
                }
                path.pop();
            }
        }
        (Shape::Elements, Value::Array(list)) => {
            for child in list {
                path.push(guide.identity(child));
                walk(guide.items(), child, path, set);
                set.insert(path);
                path.pop();
            }
        }
        _ => set.insert(path),
    }
}
