//! Removal of what a manager applied before and has dropped, unless someone else owns it.

use serde_json::Value;

use super::element::Element;
use super::set::FieldSet;
use super::shape::{Guide, Shape};

/// Removes from `value` what is in `dropped` and not in `owned`. A declared field goes with all that is
/// in it when nothing in it is owned; what is owned keeps its parents.
pub(super) fn prune(guide: Guide<'_>, value: &mut Value, dropped: &FieldSet, owned: &FieldSet) {
    let shape = guide.shape(value);
    match (shape, value) {
        (Shape::Fields, Value::Object(map)) => {
            let names: Vec<String> = map.keys().cloned().collect();
            for name in names {
                let element = Element::Field(name.clone());
                let member = dropped.has(&element) || guide.declares(&name);
                match fate(&element, member, dropped, owned) {
                    Fate::Keep => {}
                    Fate::Remove => {
                        map.remove(&name);
                    }
                    Fate::Descend => {
                        if let Some(child) = map.get_mut(&name) {
                            descend(guide.field(&name), child, &element, dropped, owned);
                        }
                    }
                }
            }
        }
        (Shape::Elements, Value::Array(list)) => {
            list.retain_mut(|child| {
                let element = guide.identity(child);
                match fate(&element, dropped.has(&element), dropped, owned) {
                    Fate::Keep => true,
                    Fate::Remove => false,
                    Fate::Descend => {
                        descend(guide.items(), child, &element, dropped, owned);
                        true
                    }
                }
            });
        }
        _ => {}
    }
}

enum Fate {
    Keep,
    Remove,
    Descend,
}

fn fate(element: &Element, member: bool, dropped: &FieldSet, owned: &FieldSet) -> Fate {
    if !dropped.touches(element) {
        Fate::Keep
    } else if member && !owned.touches(element) {
        Fate::Remove
    } else {
        Fate::Descend
    }
}

fn descend(guide: Guide<'_>, value: &mut Value, at: &Element, dropped: &FieldSet, owned: &FieldSet) {
    let nothing = FieldSet::default();
    let below = dropped.child(at).unwrap_or(&nothing);
    prune(guide, value, below, owned.child(at).unwrap_or(&nothing));
}
