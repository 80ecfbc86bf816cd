//! What Knative fills in.

use knative::serving::annotation;
use serde_json::{Value, json};

use crate::knative::pod::USER_CONTAINER;

/// Defaults of `spec.template`.
pub(super) fn template(template: &mut Value) {
    if !template.is_object() {
        *template = json!({});
    }
    let spec = &mut template["spec"];
    if !spec.is_object() {
        // As the webhook writes it: the schema then says what is missing.
        *spec = json!({"containers": null});
    }
    revision(spec);
}

/// Defaults of the spec of a Revision.
pub(super) fn revision(spec: &mut Value) {
    let Some(fields) = spec.as_object_mut() else { return };
    for (field, value) in [
        ("containerConcurrency", json!(0)),
        ("timeoutSeconds", json!(300)),
        ("enableServiceLinks", json!(false)),
    ] {
        let own = fields.entry(field).or_insert(Value::Null);
        if own.is_null() || (field == "timeoutSeconds" && *own == json!(0)) {
            *own = value;
        }
    }
    let Some(containers) = fields.get_mut("containers").and_then(Value::as_array_mut) else { return };
    let single = containers.len() == 1;
    for (at, container) in containers.iter_mut().enumerate() {
        let has_port = container["ports"].as_array().is_some_and(|ports| !ports.is_empty());
        complete(container, at, single || has_port);
    }
}

fn complete(container: &mut Value, at: usize, serving: bool) {
    let Some(fields) = container.as_object_mut() else { return };
    let name = fields.entry("name").or_insert(Value::Null);
    if name.as_str().unwrap_or_default().is_empty() {
        let number = if at == 0 { String::new() } else { format!("-{}", at - 1) };
        *name = json!(format!("{USER_CONTAINER}{number}"));
    }
    fields.entry("resources").or_insert_with(|| json!({}));
    if !serving {
        return;
    }
    let probe = fields.entry("readinessProbe").or_insert_with(|| json!({}));
    let Some(probe) = probe.as_object_mut() else { return };
    let kinds = ["httpGet", "tcpSocket", "exec", "grpc"];
    if !kinds.iter().any(|kind| probe.contains_key(*kind)) {
        probe.insert("tcpSocket".into(), json!({"port": 0}));
    }
    for kind in ["httpGet", "tcpSocket"] {
        if let Some(action) = probe.get_mut(kind).and_then(Value::as_object_mut) {
            action.entry("port").or_insert(json!(0));
        }
    }
    probe.entry("successThreshold").or_insert(json!(1));
}

/// Defaults of `spec.traffic`.
pub(super) fn traffic(spec: &mut Value) {
    if !spec.is_object() {
        return;
    }
    if spec["traffic"].as_array().is_none_or(Vec::is_empty) {
        spec["traffic"] = json!([{"latestRevision": true, "percent": 100}]);
    }
    for target in spec["traffic"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        let named = target.get("revisionName").and_then(Value::as_str).is_some_and(|name| !name.is_empty());
        let latest = target.entry("latestRevision").or_insert(Value::Null);
        if latest.is_null() {
            *latest = json!(!named);
        }
    }
}

/// Who made an object, and who changed its spec last. What a controller makes has it from its owner.
pub(super) fn user(object: &mut Value, old: Option<&Value>, user: &str) {
    let owned = object["metadata"]["ownerReferences"].as_array().is_some_and(|owners| !owners.is_empty());
    if owned {
        return;
    }
    let annotations = &mut object["metadata"]["annotations"];
    if !annotations.is_object() {
        *annotations = json!({});
    }
    let before = |key: &str| old.and_then(|old| old["metadata"]["annotations"].get(key)).cloned();
    let Some(old) = old else {
        object["metadata"]["annotations"][annotation::CREATOR] = json!(user);
        object["metadata"]["annotations"][annotation::LAST_MODIFIER] = json!(user);
        return;
    };
    for key in [annotation::CREATOR, annotation::LAST_MODIFIER] {
        if annotations.get(key).is_none()
            && let Some(value) = before(key)
        {
            annotations[key] = value;
        }
    }
    if object["spec"] != old["spec"] {
        object["metadata"]["annotations"][annotation::LAST_MODIFIER] = json!(user);
    }
}
