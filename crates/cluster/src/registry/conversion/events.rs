//! Events are kept in the form of the core group; `events.k8s.io` names most fields otherwise.

use serde_json::{Map, Value, json};

use crate::registry::object::Object;
use crate::registry::resource::Resource;

/// What a field is by default, and whether it is shown then.
#[derive(Clone, Copy)]
enum Empty {
    /// Shown as this.
    Shown(&'static str),
    Hidden,
}

/// Name in the core group, in `events.k8s.io`, and what there is when it is not set: there, here.
const FIELDS: [(&str, &str, Empty, Empty); 15] = [
    ("involvedObject", "regarding", Empty::Shown("{}"), Empty::Hidden),
    ("reason", "reason", Empty::Hidden, Empty::Hidden),
    ("message", "note", Empty::Hidden, Empty::Hidden),
    ("source", "deprecatedSource", Empty::Shown("{}"), Empty::Shown("{}")),
    ("firstTimestamp", "deprecatedFirstTimestamp", Empty::Shown("null"), Empty::Shown("null")),
    ("lastTimestamp", "deprecatedLastTimestamp", Empty::Shown("null"), Empty::Shown("null")),
    ("count", "deprecatedCount", Empty::Hidden, Empty::Hidden),
    ("type", "type", Empty::Hidden, Empty::Hidden),
    ("eventTime", "eventTime", Empty::Shown("null"), Empty::Shown("null")),
    ("series", "series", Empty::Hidden, Empty::Hidden),
    ("action", "action", Empty::Hidden, Empty::Hidden),
    ("related", "related", Empty::Hidden, Empty::Hidden),
    ("reportingComponent", "reportingController", Empty::Shown("\"\""), Empty::Hidden),
    ("reportingInstance", "reportingInstance", Empty::Shown("\"\""), Empty::Hidden),
    ("metadata", "metadata", Empty::Hidden, Empty::Hidden),
];

pub(super) fn is_event(resource: &Resource) -> bool {
    resource.plural == "events" && (resource.group.is_empty() || is_view(resource))
}

pub(super) fn is_view(resource: &Resource) -> bool {
    resource.is("events.k8s.io", "events")
}

/// The name in the core group of a field of `events.k8s.io`.
pub(super) fn core_field(field: &str) -> Option<&'static str> {
    FIELDS.iter().find(|(_, view, ..)| *view == field).map(|(core, ..)| *core)
}

/// Into the core form, with every field that it always shows.
pub(super) fn to_core(resource: &Resource, object: &mut Object) {
    let view = is_view(resource);
    let mut fields = Map::new();
    for (core, in_view, empty, _) in FIELDS {
        let given = object.value().get(if view { in_view } else { core });
        put(&mut fields, core, given, empty);
    }
    fields.insert("apiVersion".into(), "v1".into());
    fields.insert("kind".into(), "Event".into());
    *object = Object::from(Value::Object(fields));
}

/// Into the form of `events.k8s.io`.
pub(super) fn to_view(object: &Object) -> Object {
    let mut fields = Map::new();
    for (core, in_view, _, empty) in FIELDS {
        put(&mut fields, in_view, object.value().get(core), empty);
    }
    fields.insert("apiVersion".into(), "events.k8s.io/v1".into());
    fields.insert("kind".into(), "Event".into());
    Object::from(Value::Object(fields))
}

fn put(fields: &mut Map<String, Value>, name: &str, given: Option<&Value>, empty: Empty) {
    let is_set =
        |value: &&Value| !matches!(value, Value::Null) && **value != json!("") && **value != json!({});
    match (given.filter(is_set), empty) {
        (Some(value), _) => drop(fields.insert(name.to_owned(), value.clone())),
        (None, Empty::Shown(json)) => {
            // The table above holds valid JSON.
            fields.insert(name.to_owned(), serde_json::from_str(json).unwrap_or_default());
        }
        (None, Empty::Hidden) => {}
    }
}
