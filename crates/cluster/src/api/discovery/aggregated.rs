//! Aggregated discovery (`apidiscovery.k8s.io/v2`): everything about many groups in one answer.

use serde_json::{Map, Value, json};

use super::{foreign_version, group_names, put_names, subresources, verbs, versions};
use crate::registry::resource::{Resource, Subresource};
use crate::registry::resources::Resources;

/// `APIGroupDiscoveryList` of the core group or of all others.
pub fn aggregated(resources: &Resources, core: bool) -> Value {
    let names = group_names(resources).into_iter().filter(|name| name.is_empty() == core);
    let groups: Vec<Value> = names.map(|name| group(resources, name)).collect();
    json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": groups,
    })
}

fn group(resources: &Resources, name: &str) -> Value {
    let versions: Vec<Value> = versions(resources, name)
        .into_iter()
        .map(|version| {
            let of_version = resources.iter().filter(|one| one.group == name && one.version == version);
            let described: Vec<Value> = of_version.map(|one| resource(one)).collect();
            json!({"version": version, "resources": described, "freshness": "Current"})
        })
        .collect();
    let metadata = if name.is_empty() { json!({}) } else { json!({"name": name}) };
    json!({"metadata": metadata, "versions": versions})
}

fn resource(resource: &Resource) -> Value {
    let mut fields = Map::new();
    fields.insert("resource".into(), resource.plural.as_str().into());
    fields.insert("responseKind".into(), own_kind(resource, &resource.kind));
    fields.insert("scope".into(), if resource.namespaced { "Namespaced" } else { "Cluster" }.into());
    fields.insert("singularResource".into(), resource.singular.as_str().into());
    fields.insert("verbs".into(), verbs(resource).into());
    put_names(&mut fields, resource);
    if !resource.subresources.is_empty() {
        let list = subresources(resource).into_iter().map(|one| subresource(resource, one)).collect();
        fields.insert("subresources".into(), Value::Array(list));
    }
    Value::Object(fields)
}

fn subresource(resource: &Resource, subresource: Subresource) -> Value {
    let kind = subresource.kind().unwrap_or(&resource.kind);
    let response = match foreign_version(resource, subresource) {
        Some((group, version)) => json!({"group": group, "version": version, "kind": kind}),
        None => own_kind(resource, kind),
    };
    json!({"subresource": subresource.name(), "responseKind": response, "verbs": subresource.verbs()})
}

/// Built-in resources leave out the group and version that they share with the list.
fn own_kind(resource: &Resource, kind: &str) -> Value {
    let (group, version) =
        if resource.is_custom() { (resource.group.as_str(), resource.version.as_str()) } else { ("", "") };
    json!({"group": group, "version": version, "kind": kind})
}
