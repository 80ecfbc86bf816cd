//! `/api`, `/apis` and below: which groups, versions and resources are served.

use serde_json::{Value, json};

use crate::registry::resources::Resources;

/// `APIVersions` of the core group.
pub fn core_versions() -> Value {
    json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})
}

/// `APIGroupList`.
pub fn groups(_resources: &Resources) -> Value {
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": []})
}

/// `APIGroup` of one group, if it is served.
pub fn group(resources: &Resources, group: &str) -> Option<Value> {
    resources.has_group(group).then(|| json!({"kind": "APIGroup", "apiVersion": "v1", "name": group}))
}

/// `APIResourceList` of one version, if it is served.
pub fn resources(resources: &Resources, group: &str, version: &str) -> Option<Value> {
    resources
        .has_version(group, version)
        .then(|| json!({"kind": "APIResourceList", "apiVersion": "v1", "resources": []}))
}

/// The aggregated form (`APIGroupDiscoveryList`, v2) of the core group or of all others.
pub fn aggregated(_resources: &Resources, _core: bool) -> Option<Value> {
    None
}
