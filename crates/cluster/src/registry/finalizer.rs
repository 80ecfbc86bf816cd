//! When an object that someone has deleted really goes.

use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use crate::api::{DeleteOptions, Propagation};
use crate::registry::metadata;
use crate::registry::object::Object;
use crate::registry::resource::Resource;

/// Holds an owner until its dependents are gone.
pub const FOREGROUND: &str = "foregroundDeletion";
/// Holds an owner until its dependents have let go of it.
pub const ORPHAN: &str = "orphan";

/// Holds a CustomResourceDefinition until its objects are gone.
pub const DEFINITION_CLEANUP: &str = "customresourcecleanup.apiextensions.k8s.io";

/// The object with its deletion written down: time, grace period, finalizers of the propagation policy.
pub fn mark_deleted(resource: &Resource, object: &Object, options: &DeleteOptions, now: Timestamp) -> Object {
    let mut marked = object.clone();
    set_propagation(resource, &mut marked, options.propagation);
    if resource.is("apiextensions.k8s.io", "customresourcedefinitions") && !object.is_deleting() {
        marked.add_finalizer(DEFINITION_CLEANUP);
    }
    let grace = grace_period(resource, object, options);
    let known = object.at("/metadata/deletionGracePeriodSeconds").and_then(Value::as_i64);
    if object.is_deleting() && known.is_none_or(|known| known <= grace) {
        return marked;
    }
    if !object.is_deleting() && object.generation() > 0 {
        marked.set_metadata("generation", object.generation() + 1);
    }
    let end = now.checked_add(grace.seconds()).unwrap_or(now);
    marked.set_metadata("deletionTimestamp", metadata::time(end));
    if resource.is("", "namespaces") {
        marked.value_mut()["status"]["phase"] = "Terminating".into();
    } else {
        marked.set_metadata("deletionGracePeriodSeconds", grace);
    }
    marked
}

/// Deleted, and nothing holds it any more.
pub fn may_go(resource: &Resource, object: &Object) -> bool {
    let held_by_spec = resource.is("", "namespaces")
        && object.at("/spec/finalizers").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    let grace = object.at("/metadata/deletionGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(0);
    object.is_deleting() && object.finalizers().is_empty() && !held_by_spec && grace <= 0
}

fn set_propagation(resource: &Resource, object: &mut Object, asked: Option<Propagation>) {
    let held = object.has_finalizer(FOREGROUND) || object.has_finalizer(ORPHAN);
    let policy = match asked {
        Some(policy) => policy,
        // What an earlier deletion or the owner asked for stays.
        None if held => return,
        // Jobs were there before their Pods were collected with them, and kept the old default in this version.
        None if resource.is("batch", "jobs") => Propagation::Orphan,
        None => Propagation::Background,
    };
    object.remove_finalizer(FOREGROUND);
    object.remove_finalizer(ORPHAN);
    match policy {
        Propagation::Orphan => object.add_finalizer(ORPHAN),
        Propagation::Foreground => object.add_finalizer(FOREGROUND),
        Propagation::Background => {}
    }
}

/// Only Pods that run on a node get time to stop: their node deletes them for good.
fn grace_period(resource: &Resource, object: &Object, options: &DeleteOptions) -> i64 {
    let finished = matches!(object.text("/status/phase"), "Succeeded" | "Failed");
    if !resource.is("", "pods") || object.text("/spec/nodeName").is_empty() || finished {
        return 0;
    }
    let own = object.at("/spec/terminationGracePeriodSeconds").and_then(Value::as_i64);
    options.grace_period_seconds.or(own).unwrap_or(30).max(0)
}
