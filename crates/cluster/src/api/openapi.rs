//! `/openapi/v3`: what the kinds of each group and version look like, for `kubectl explain` and for validation.

mod paths;
mod schemas;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::registry::resource::Resource;
use crate::registry::{Key, Registry};

/// The index: where the document of each group and version is. The address changes with the document, so that
/// clients may keep it.
pub fn index(registry: &Registry) -> Value {
    let mut paths = Map::new();
    for path in served(registry) {
        let hash = fingerprint(registry, &path);
        paths.insert(path.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={hash}")}));
    }
    json!({"paths": paths})
}

/// The document of one group and version (`apis/batch/v1`, `api/v1`), if it is served.
pub fn document(registry: &Registry, path: &str) -> Option<Value> {
    let resources = registry.resources();
    let of_version: Vec<&Resource> =
        resources.iter().map(|one| &**one).filter(|one| path_of(one) == path).collect();
    if of_version.is_empty() {
        return None;
    }
    let mut operations = Map::new();
    for resource in &of_version {
        operations.extend(paths::of(resource));
    }
    Some(json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": operations,
        "components": {"schemas": schemas::of(registry, &of_version)},
    }))
}

fn served(registry: &Registry) -> BTreeSet<String> {
    registry.resources().iter().map(|one| path_of(one)).collect()
}

/// `api/v1` or `apis/{group}/{version}`.
fn path_of(resource: &Resource) -> String {
    if resource.group.is_empty() {
        format!("api/{}", resource.version)
    } else {
        format!("apis/{}/{}", resource.group, resource.version)
    }
}

/// Changes when a definition of that group and version does; the built-in kinds do not.
fn fingerprint(registry: &Registry, path: &str) -> String {
    let mut hash = Sha256::new();
    for resource in registry.resources().iter().filter(|one| path_of(one) == path) {
        hash.update(&resource.plural);
        if let Some(definition) = definition_of(registry, resource) {
            hash.update(definition.to_string());
        }
    }
    hex::encode_upper(hash.finalize())
}

/// The spec of the CustomResourceDefinition of a custom resource.
fn definition_of(registry: &Registry, resource: &Resource) -> Option<Value> {
    let definitions =
        registry.resources().find_plural("apiextensions.k8s.io", "customresourcedefinitions")?.clone();
    let stored = registry.get(&definitions, &Key::new("", &resource.custom.as_ref()?.definition))?;
    stored.object().at("/spec").cloned()
}
