//! What differs between two states of an object.

use serde_json::Value;

use super::element::Element;
use super::set::FieldSet;
use super::shape::{Guide, Shape};

/// The fields that differ.
#[derive(Debug, Default)]
pub(super) struct Difference {
    pub(super) added: FieldSet,
    pub(super) modified: FieldSet,
    pub(super) removed: FieldSet,
}

impl Difference {
    /// Added or modified.
    pub(super) fn written(&self) -> FieldSet {
        self.modified.clone().union(&self.added)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    fn sets(&mut self) -> [&mut FieldSet; 3] {
        [&mut self.added, &mut self.modified, &mut self.removed]
    }

    /// Keeps only what lies below the top-level fields that the write can reach.
    pub(super) fn retain_fields(&mut self, keep: impl Fn(&str) -> bool + Copy) {
        self.sets().into_iter().for_each(|set| set.retain_fields(keep));
    }
}

pub(super) fn compare(guide: Guide<'_>, old: &Value, new: &Value) -> Difference {
    let mut difference = Difference::default();
    walk(guide, Some(old), Some(new), &mut Vec::new(), &mut difference);
    difference
}

fn walk(
    guide: Guide<'_>,
    old: Option<&Value>,
    new: Option<&Value>,
    path: &mut Vec<Element>,
    difference: &mut Difference,
) {
    if old == new {
        return;
    }
    match (old, new) {
        (None, Some(_)) => difference.added.insert(path),
        (Some(_), None) => difference.removed.insert(path),
        _ => {}
    }
    let shape_of = |value: Option<&Value>| value.map(|value| guide.shape(value));
    let shape = match (shape_of(old), shape_of(new)) {
        (Some(a), Some(b)) if a == b => a,
        (Some(a), None) | (None, Some(a)) => a,
        _ => Shape::Whole,
    };
    match shape {
        Shape::Whole => {
            if old.is_some() && new.is_some() {
                difference.modified.insert(path);
            }
        }
        Shape::Fields => {
            let maps = [old, new].map(|value| value.and_then(Value::as_object));
            let mut names: Vec<&String> = maps.iter().flatten().flat_map(|map| map.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                path.push(Element::Field(name.clone()));
                let [old, new] = maps.map(|map| map.and_then(|map| map.get(name)));
                walk(guide.field(name), old, new, path, difference);
                path.pop();
            }
        }
        Shape::Elements => {
            let lists = [old, new].map(|value| value.and_then(Value::as_array));
            let keyed = lists.map(|list| {
                let list = list.into_iter().flatten();
                list.map(|element| (guide.identity(element), element)).collect::<Vec<_>>()
            });
            let mut seen: Vec<&Element> = keyed.iter().flatten().map(|(element, _)| element).collect();
            seen.sort();
            seen.dedup();
            for element in seen {
                let [old, new] = [&keyed[0], &keyed[1]]
                    .map(|list| list.iter().find(|(other, _)| other == element).map(|(_, value)| *value));
                path.push(element.clone());
                walk(guide.items(), old, new, path, difference);
                path.pop();
            }
        }
    }
}
