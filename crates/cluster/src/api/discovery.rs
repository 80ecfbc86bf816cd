//! `/api`, `/apis` and below: which groups, versions and resources are served.

mod aggregated;

use serde_json::{Map, Value, json};

pub use aggregated::aggregated;

use crate::registry::resource::{Resource, Subresource};
use crate::registry::resources::Resources;

/// `APIVersions` of the core group.
pub fn core_versions() -> Value {
    json!({
        "kind": "APIVersions",
        "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}],
    })
}

/// `APIGroupList`: every group but the core one.
pub fn groups(resources: &Resources) -> Value {
    let names = group_names(resources).into_iter().filter(|name| !name.is_empty());
    let groups: Vec<Value> = names.map(|name| describe_group(resources, name)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

/// `APIGroup` of one group, if it is served.
pub fn group(resources: &Resources, group: &str) -> Option<Value> {
    if !resources.has_group(group) {
        return None;
    }
    let mut described = describe_group(resources, group);
    described["kind"] = "APIGroup".into();
    described["apiVersion"] = "v1".into();
    Some(described)
}

/// `APIResourceList` of one version, if it is served.
pub fn resources(resources: &Resources, group: &str, version: &str) -> Option<Value> {
    if !resources.has_version(group, version) {
        return None;
    }
    let of_version = resources.iter().filter(|one| one.group == group && one.version == version);
    let list: Vec<Value> = of_version.flat_map(|one| describe_resource(one)).collect();
    let group_version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let mut described = json!({"kind": "APIResourceList", "groupVersion": group_version, "resources": list});
    // The core group's list has always been without.
    if !group.is_empty() {
        described["apiVersion"] = "v1".into();
    }
    Some(described)
}

/// Built-in groups first, then those of definitions, each in alphabetical order.
fn group_names(resources: &Resources) -> Vec<&str> {
    let mut names: Vec<(bool, &str)> =
        resources.iter().map(|one| (one.is_custom(), one.group.as_str())).collect();
    names.sort_unstable();
    let mut known: Vec<&str> = Vec::new();
    for (_, name) in names {
        if !known.contains(&name) {
            known.push(name);
        }
    }
    known
}

/// The versions of a group; the one that is preferred first: stable before beta before alpha, newer before older.
fn versions<'a>(resources: &'a Resources, group: &str) -> Vec<&'a str> {
    let mut versions: Vec<&str> =
        resources.iter().filter(|one| one.group == group).map(|one| one.version.as_str()).collect();
    versions.sort_unstable_by_key(|version| std::cmp::Reverse(rank(version)));
    versions.dedup();
    versions
}

/// `v1` > `v1beta2` > `v1beta1` > `v1alpha1` > anything else.
fn rank(version: &str) -> (u8, u32, u32, &str) {
    let number = |text: &str| text.parse::<u32>().ok();
    let parsed = version.strip_prefix('v').and_then(|rest| {
        let split = |stage: &str, level: u8| {
            let (major, minor) = rest.split_once(stage)?;
            Some((level, number(major)?, number(minor)?, version))
        };
        number(rest)
            .map(|major| (3, major, 0, version))
            .or_else(|| split("beta", 2))
            .or_else(|| split("alpha", 1))
    });
    parsed.unwrap_or((0, 0, 0, version))
}

fn describe_group(resources: &Resources, group: &str) -> Value {
    let versions: Vec<Value> = versions(resources, group)
        .into_iter()
        .map(|version| json!({"groupVersion": format!("{group}/{version}"), "version": version}))
        .collect();
    json!({"name": group, "preferredVersion": versions[0], "versions": versions})
}

/// The resource and its subresources.
fn describe_resource(resource: &Resource) -> Vec<Value> {
    let mut own = Map::new();
    own.insert("name".into(), resource.plural.as_str().into());
    own.insert("singularName".into(), resource.singular.as_str().into());
    own.insert("namespaced".into(), resource.namespaced.into());
    own.insert("kind".into(), resource.kind.as_str().into());
    own.insert("verbs".into(), verbs(resource).into());
    put_names(&mut own, resource);
    let mut described = vec![Value::Object(own)];
    for subresource in subresources(resource) {
        let mut one = json!({
            "name": format!("{}/{subresource}", resource.plural),
            "singularName": "",
            "namespaced": resource.namespaced,
            "kind": subresource.kind().unwrap_or(&resource.kind),
            "verbs": subresource.verbs(),
        });
        if let Some((group, version)) = foreign_version(resource, subresource) {
            one["group"] = group.into();
            one["version"] = version.into();
        }
        described.push(one);
    }
    described
}

/// Definitions list the status first, everything else is in alphabetical order.
fn subresources(resource: &Resource) -> Vec<Subresource> {
    let mut list = resource.subresources.clone();
    list.sort_by_key(|one| (!(resource.is_custom() && *one == Subresource::Status), one.name()));
    list
}

/// Group and version of the kind of a subresource where they are not those of the resource.
fn foreign_version(resource: &Resource, subresource: Subresource) -> Option<(&'static str, &'static str)> {
    let (group, version, _) = subresource.own_kind()?;
    ((group, version) != (resource.group.as_str(), resource.version.as_str())).then_some((group, version))
}

fn put_names(fields: &mut Map<String, Value>, resource: &Resource) {
    for (field, names) in [("shortNames", &resource.short_names), ("categories", &resource.categories)] {
        if !names.is_empty() {
            fields.insert(field.into(), names.clone().into());
        }
    }
}

/// Definitions list their verbs in an order of their own.
fn verbs(resource: &Resource) -> Vec<&'static str> {
    if resource.is_custom() {
        return vec!["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
    }
    resource.verbs.names().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_and_newer_versions_are_preferred() {
        let mut versions = ["v1alpha1", "v1", "odd", "v1beta1", "v2", "v1beta2"];
        versions.sort_by_key(|version| std::cmp::Reverse(rank(version)));
        assert_eq!(versions, ["v2", "v1", "v1beta2", "v1beta1", "v1alpha1", "odd"]);
    }
}
