//! Defaults and rules of built-in kinds. Called for resources without a schema of their own.
//!
//! A kind with rules of its own is a file here and a line in each of the functions below.

mod config_map;
mod container;
mod cron_job;
mod decode;
mod deployment;
mod event;
mod job;
mod keys;
mod lease;
mod limit_range;
mod pod;
mod pod_spec;
mod quota;
mod rbac;
pub mod schemas;
mod secret;
mod selector;
mod service;
mod volume;

use serde_json::{Value, json};

pub use decode::{decode, decode_metadata};

use crate::api::status::Cause;
use crate::registry::crd;
use crate::registry::resource::Resource;

/// Fills in what a client left out.
pub fn apply_defaults(resource: &Resource, object: &mut Value) {
    match key(resource) {
        ("", "namespaces") => {
            let name = object["metadata"]["name"].clone();
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
        }
        ("", "pods") => pod::apply_defaults(object),
        ("", "secrets") => secret::apply_defaults(object),
        ("", "services") => service::apply_defaults(object),
        ("", "limitranges") => limit_range::apply_defaults(object),
        ("apps", "deployments") => deployment::apply_defaults(object),
        ("batch", "jobs") => job::apply_defaults(object),
        ("batch", "cronjobs") => cron_job::apply_defaults(object),
        ("apiextensions.k8s.io", "customresourcedefinitions") => crd::apply_defaults(object),
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => rbac::role_defaults(object),
        ("rbac.authorization.k8s.io", _) => rbac::binding_defaults(object),
        _ => {}
    }
}

/// Sets the fields of a new object that are not the client's to set. Runs after the defaults.
pub fn prepare_create(resource: &Resource, object: &mut Value) {
    match key(resource) {
        ("", "namespaces") => {
            object["spec"]["finalizers"] = json!(["kubernetes"]);
            object["status"] = json!({"phase": "Active"});
        }
        ("", "pods") => pod::prepare_create(object),
        ("", "services") => service::prepare_create(object),
        ("", "resourcequotas") | ("apps", "deployments") | ("batch", "cronjobs") => {
            object["status"] = json!({});
        }
        ("batch", "jobs") => job::prepare_create(object),
        ("apiextensions.k8s.io", "customresourcedefinitions") => crd::prepare_create(object),
        _ => {}
    }
}

/// The last touch to a new object that has been found valid.
pub fn complete_create(resource: &Resource, object: &mut Value) {
    if resource.is("batch", "jobs") {
        job::complete_create(object);
    }
}

/// Keeps what an update must not change. Runs after the defaults.
pub fn prepare_update(resource: &Resource, object: &mut Value, old: &Value) {
    match key(resource) {
        ("", "pods") => pod::prepare_update(object, old),
        ("", "services") => service::prepare_update(object, old),
        _ => {}
    }
}

/// Everything that is wrong with a new object, metadata aside.
pub fn validate_create(resource: &Resource, object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    match key(resource) {
        ("", "pods") => pod::validate(object, &mut causes),
        ("", "configmaps") => config_map::validate(object, &mut causes),
        ("", "secrets") => secret::validate(object, &mut causes),
        ("", "services") => service::validate(object, &mut causes),
        ("" | "events.k8s.io", "events") => event::validate(resource, object, &mut causes),
        ("", "resourcequotas") => quota::validate(object, &mut causes),
        ("", "limitranges") => limit_range::validate(object, &mut causes),
        ("apps", "deployments") => deployment::validate(object, &mut causes),
        ("batch", "jobs") => job::validate(object, &mut causes),
        ("batch", "cronjobs") => cron_job::validate(object, &mut causes),
        ("coordination.k8s.io", "leases") => lease::validate(object, &mut causes),
        ("rbac.authorization.k8s.io", "roles" | "clusterroles") => {
            rbac::validate_role(resource, object, &mut causes);
        }
        ("rbac.authorization.k8s.io", _) => rbac::validate_binding(resource, object, &mut causes),
        ("apiextensions.k8s.io", "customresourcedefinitions") => crd::validate(object, &mut causes),
        _ => {}
    }
    causes
}

/// Everything that is wrong with a change, metadata aside.
pub fn validate_update(resource: &Resource, object: &Value, old: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    match key(resource) {
        ("", "pods") => pod::validate_update(object, old, &mut causes),
        ("", "configmaps") => {
            config_map::validate_update(object, old, &mut causes);
            config_map::validate(object, &mut causes);
        }
        ("", "secrets") => {
            secret::validate_update(object, old, &mut causes);
            secret::validate(object, &mut causes);
        }
        ("apps", "deployments") => {
            deployment::validate(object, &mut causes);
            deployment::validate_update(object, old, &mut causes);
        }
        ("batch", "jobs") => {
            job::validate(object, &mut causes);
            job::validate_update(object, old, &mut causes);
        }
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => {
            rbac::validate_binding(resource, object, &mut causes);
            rbac::validate_binding_update(object, old, &mut causes);
        }
        ("apiextensions.k8s.io", "customresourcedefinitions") => {
            crd::validate(object, &mut causes);
            crd::validate_update(object, old, &mut causes);
        }
        // Only new Events must be complete.
        (_, "events") => {}
        _ => return validate_create(resource, object),
    }
    causes
}

fn key(resource: &Resource) -> (&str, &str) {
    (&resource.group, &resource.plural)
}

/// A cause if the value at a pointer has changed.
fn immutable(object: &Value, old: &Value, pointer: &str, field: &str, words: &str, causes: &mut Vec<Cause>) {
    let (new, old) = (object.pointer(pointer), old.pointer(pointer));
    if new != old {
        causes.push(Cause::invalid(field, new.unwrap_or(&Value::Null), words));
    }
}

/// Sets a field that is absent or null.
fn default(object: &mut Value, field: &str, value: impl Into<Value>) {
    if object[field].is_null() {
        object[field] = value.into();
    }
}

/// The elements of a list, none where it is absent.
fn each<'v>(value: &'v Value, field: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    value[field].as_array().into_iter().flatten()
}

fn each_mut<'v>(value: &'v mut Value, field: &str) -> impl Iterator<Item = &'v mut Value> + use<'v> {
    value.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten()
}

#[cfg(test)]
mod tests;
