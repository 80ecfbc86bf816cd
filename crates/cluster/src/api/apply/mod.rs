//! Server-side apply, and the bookkeeping of `managedFields` for all other writes.
//!
//! A field is owned by those who last wrote its value. An applier states all that it wants: what it
//! dropped goes unless someone else owns it, what others own and it would change is a conflict.

mod compare;
mod conflict;
mod element;
mod fields;
mod managers;
mod merge;
mod prune;
mod set;
mod shape;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::status::{ApiError, ApiResult};
use crate::registry::builtin::schemas;
use crate::registry::resource::{Resource, Subresource};
use managers::{Entry, Operation};
use set::FieldSet;
use shape::Guide;

/// Who writes, through which door, when.
#[derive(Debug)]
pub struct Manager<'a> {
    pub name: &'a str,
    pub subresource: Option<Subresource>,
    pub now: Timestamp,
}

impl Manager<'_> {
    fn subresource(&self) -> &'static str {
        self.subresource.map(Subresource::name).unwrap_or_default()
    }
}

/// The object after `applied` has been merged into `live` (`None`: it is created), its managers updated.
pub fn server_side_apply(
    resource: &Resource,
    live: Option<&Value>,
    applied: &Value,
    manager: &Manager<'_>,
    force: bool,
) -> ApiResult<Value> {
    let managed = applied.pointer("/metadata/managedFields").and_then(Value::as_array);
    if managed.is_some_and(|list| !list.is_empty()) {
        return Err(ApiError::bad_request("metadata.managedFields must be nil"));
    }
    let schema = schemas::of(resource);
    let guide = Guide::root(schema.as_ref());
    let config = within_reach(resource, manager, applied);
    let mut base = live.cloned().unwrap_or_else(|| blank(resource));
    let mut entries = managers::read(&base);
    drop_managers(&mut base);

    let api_version = resource.api_version();
    let is_own =
        |entry: &Entry| entry.is_of(manager.name, Operation::Apply, manager.subresource(), &api_version);
    let fields = fields::fields_of(guide, &config);
    let mut merged = merge::merge(guide, &base, &config);
    if let Some(last) = entries.iter().find(|entry| is_own(entry)) {
        let others = entries.iter().filter(|entry| !is_own(entry));
        let owned = others.fold(fields.clone(), |owned, entry| owned.union(&entry.fields));
        prune::prune(guide, &mut merged, &last.fields, &owned);
    }

    let difference = compare::compare(guide, &base, &merged);
    let written = difference.written();
    let conflicts: Vec<(&Entry, FieldSet)> = entries
        .iter()
        .filter(|entry| !is_own(entry))
        .map(|entry| (entry, entry.fields.intersection(&written)))
        .filter(|(_, fields)| !fields.is_empty())
        .collect();
    if !force && !conflicts.is_empty() {
        return Err(conflict::refusal(&conflicts));
    }
    for entry in entries.iter_mut().filter(|entry| !is_own(entry)) {
        entry.fields = entry.fields.difference(&written).difference(&difference.removed);
    }
    let fields = without_identity(fields);
    match entries.iter_mut().find(|entry| is_own(entry)) {
        Some(own) if own.fields == fields && own.api_version == api_version => {}
        own => {
            let entry = Entry {
                manager: manager.name.to_owned(),
                operation: Operation::Apply,
                api_version: api_version.clone(),
                time: managers::seconds(manager.now),
                subresource: manager.subresource().to_owned(),
                fields,
            };
            match own {
                Some(own) => *own = entry,
                None => entries.push(entry),
            }
        }
    }
    managers::write(&mut merged, entries);
    // What is created has no version yet, whatever was applied.
    if live.is_none()
        && let Some(metadata) = merged.get_mut("metadata").and_then(Value::as_object_mut)
    {
        metadata.remove("resourceVersion");
    }
    Ok(merged)
}

/// Writes into `new` that `manager` owns what differs from `live` (`None`: everything), as `Update`.
pub fn update_managers(resource: &Resource, live: Option<&Value>, new: &mut Value, manager: &Manager<'_>) {
    let schema = schemas::of(resource);
    let guide = Guide::root(schema.as_ref());
    let mut base = live.cloned().unwrap_or_else(|| match (&schema, resource.is_custom()) {
        (Some(schema), false) => schemas::empty(schema),
        _ => blank(resource),
    });
    // An object with a list of managers brings it along; an empty list clears it.
    let given = new.pointer("/metadata/managedFields").is_some_and(Value::is_array);
    let mut entries = if given { managers::read(new) } else { managers::read(&base) };
    drop_managers(&mut base);
    drop_managers(new);

    let mut difference = compare::compare(guide, &base, new);
    difference.retain_fields(|field| reaches(resource, manager, field));
    if difference.is_empty() {
        managers::write(new, entries);
        return;
    }
    let written = without_identity(difference.written());
    let api_version = resource.api_version();
    let is_own =
        |entry: &Entry| entry.is_of(manager.name, Operation::Update, manager.subresource(), &api_version);
    for entry in &mut entries {
        entry.fields = if is_own(entry) {
            entry.fields.difference(&difference.removed).union(&written)
        } else {
            entry.fields.difference(&written).difference(&difference.removed)
        };
    }
    match entries.iter_mut().find(|entry| is_own(entry)) {
        Some(_) if written.is_empty() => {}
        Some(own) => own.time = managers::seconds(manager.now),
        None => entries.push(Entry {
            manager: manager.name.to_owned(),
            operation: Operation::Update,
            api_version: api_version.clone(),
            time: managers::seconds(manager.now),
            subresource: manager.subresource().to_owned(),
            fields: written,
        }),
    }
    managers::write(new, entries);
}

/// Whether a write through this door changes that top-level field at all.
fn reaches(resource: &Resource, manager: &Manager<'_>, field: &str) -> bool {
    match manager.subresource {
        Some(Subresource::Status) => field == "status",
        Some(Subresource::Scale) => field == "spec",
        _ => field != "status" || !resource.has_status(),
    }
}

/// The configuration without what this door ignores.
fn within_reach(resource: &Resource, manager: &Manager<'_>, applied: &Value) -> Value {
    let mut config = applied.clone();
    drop_nulls(&mut config);
    if let Some(map) = config.as_object_mut() {
        map.retain(|field, _| {
            matches!(field.as_str(), "apiVersion" | "kind" | "metadata") || reaches(resource, manager, field)
        });
        if manager.subresource.is_some()
            && let Some(metadata) = map.get_mut("metadata").and_then(Value::as_object_mut)
        {
            metadata.retain(|field, _| {
                matches!(field.as_str(), "name" | "namespace" | "resourceVersion" | "uid")
            });
        }
    }
    config
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, child| !child.is_null());
            map.values_mut().for_each(drop_nulls);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

fn blank(resource: &Resource) -> Value {
    json!({"apiVersion": resource.api_version(), "kind": resource.kind, "metadata": {}})
}

fn drop_managers(object: &mut Value) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
}

/// What tells which object it is, and what the server writes itself, is nobody's.
fn without_identity(mut fields: FieldSet) -> FieldSet {
    const METADATA: [&str; 8] = [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "generation",
        "managedFields",
        "resourceVersion",
    ];
    for field in METADATA {
        fields.remove_member(&["metadata", field]);
    }
    for field in ["apiVersion", "kind", "metadata"] {
        fields.remove_member(&[field]);
    }
    fields
}

#[cfg(test)]
mod tests;
