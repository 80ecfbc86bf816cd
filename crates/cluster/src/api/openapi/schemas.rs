//! The schemas of a document, and everything that they refer to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::definition_of;
use crate::registry::Registry;
use crate::registry::builtin::schemas;
use crate::registry::resource::Resource;

const PREFIX: &str = "#/components/schemas/";
const OBJECT_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const LIST_META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

/// `components.schemas` of the document of these resources.
pub(super) fn of(registry: &Registry, resources: &[&Resource]) -> Map<String, Value> {
    let known = schemas::documents();
    let mut out = Map::new();
    let mut wanted: Vec<String> = Vec::new();
    let api_versions: BTreeSet<String> = resources.iter().map(|one| one.api_version()).collect();
    for (name, schema) in &known {
        if schemas::kinds_of(schema).iter().any(|(api_version, _)| api_versions.contains(api_version)) {
            wanted.push(name.clone());
        }
    }
    for resource in resources.iter().filter(|one| one.is_custom()) {
        let (name, schema) = custom(registry, resource);
        out.insert(format!("{name}List"), list(resource, &name));
        out.insert(name, schema);
        wanted.extend([OBJECT_META.to_owned(), LIST_META.to_owned()]);
    }
    close(&known, wanted, &mut out);
    out
}

/// The name of a custom kind's schema: the group backwards, version, kind.
fn name_of(resource: &Resource) -> String {
    let group: Vec<&str> = resource.group.rsplit('.').collect();
    format!("{}.{}.{}", group.join("."), resource.version, resource.kind)
}

fn group_version_kind(resource: &Resource, kind: &str) -> Value {
    json!({"group": resource.group, "version": resource.version, "kind": kind})
}

fn custom(registry: &Registry, resource: &Resource) -> (String, Value) {
    let spec = definition_of(registry, resource).unwrap_or_default();
    let versions = spec["versions"].as_array().into_iter().flatten();
    let mut schema = versions
        .filter(|version| version["name"] == resource.version.as_str())
        .map(|version| version["schema"]["openAPIV3Schema"].clone())
        .next()
        .filter(Value::is_object)
        .unwrap_or_else(|| json!({"type": "object"}));
    let text = |description: &str| json!({"type": "string", "description": description});
    schema["properties"]["apiVersion"] = text("The version of the schema of this object.");
    schema["properties"]["kind"] = text("The kind of this object.");
    schema["properties"]["metadata"] = json!({
        "description": "Standard object's metadata.",
        "allOf": [{"$ref": format!("{PREFIX}{OBJECT_META}")}],
        "default": {},
    });
    schema["x-kubernetes-group-version-kind"] = json!([group_version_kind(resource, &resource.kind)]);
    (name_of(resource), schema)
}

fn list(resource: &Resource, item: &str) -> Value {
    json!({
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "items": {"type": "array", "items": {"$ref": format!("{PREFIX}{item}")}},
            "metadata": {"$ref": format!("{PREFIX}{LIST_META}")},
        },
        "x-kubernetes-group-version-kind": [group_version_kind(resource, &resource.list_kind)],
    })
}

/// Adds what is wanted and all that it refers to.
fn close(known: &BTreeMap<String, Value>, mut wanted: Vec<String>, out: &mut Map<String, Value>) {
    while let Some(name) = wanted.pop() {
        if let Some(schema) = known.get(&name).filter(|_| !out.contains_key(&name)) {
            references(schema, &mut wanted);
            out.insert(name, schema.clone());
        }
    }
}

fn references(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            let name = fields.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix(PREFIX));
            found.extend(name.map(str::to_owned));
            fields.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}
