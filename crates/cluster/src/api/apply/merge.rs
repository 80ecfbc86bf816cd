//! The live object with an applied configuration laid over it.

use serde_json::{Map, Value};

use super::element::Element;
use super::shape::{Guide, Shape};

pub(super) fn merge(guide: Guide<'_>, live: &Value, applied: &Value) -> Value {
    if guide.shape(live) != guide.shape(applied) {
        return applied.clone();
    }
    match (guide.shape(applied), live, applied) {
        (Shape::Fields, Value::Object(live), Value::Object(applied)) => {
            Value::Object(merge_fields(guide, live, applied))
        }
        (Shape::Elements, Value::Array(live), Value::Array(applied)) => {
            Value::Array(merge_elements(guide, live, applied))
        }
        _ => applied.clone(),
    }
}

fn merge_fields(
    guide: Guide<'_>,
    live: &Map<String, Value>,
    applied: &Map<String, Value>,
) -> Map<String, Value> {
    let mut merged = live.clone();
    for (name, theirs) in applied {
        let value = match live.get(name) {
            Some(ours) => merge(guide.field(name), ours, theirs),
            None => theirs.clone(),
        };
        merged.insert(name.clone(), value);
    }
    merged
}

/// Elements that only one side has keep their place; those of both follow the order of the applied list.
fn merge_elements(guide: Guide<'_>, live: &[Value], applied: &[Value]) -> Vec<Value> {
    let identities = |list: &[Value]| list.iter().map(|one| guide.identity(one)).collect::<Vec<Element>>();
    let (ours, theirs) = (identities(live), identities(applied));
    let mut merged = Vec::with_capacity(live.len() + applied.len());
    let mut done = Vec::new();
    let (mut l, mut a) = (0, 0);
    loop {
        if l < live.len() && !theirs.contains(&ours[l]) {
            merged.push(live[l].clone());
            l += 1;
        } else if l < live.len() && done.contains(&&ours[l]) {
            l += 1;
        } else if a < applied.len() {
            let same = ours.iter().position(|element| *element == theirs[a]);
            merged.push(match same {
                Some(at) => merge(guide.items(), &live[at], &applied[a]),
                None => applied[a].clone(),
            });
            done.push(&theirs[a]);
            a += 1;
        } else {
            return merged;
        }
    }
}
