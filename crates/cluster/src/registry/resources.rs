//! The table of resources that are served. Definitions extend and shrink it while the server runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::registry::kinds;
use crate::registry::resource::Resource;

/// A snapshot of everything that is served; cheap to clone, changed by making another one.
#[derive(Debug, Clone)]
pub struct Resources {
    /// By (group, version, plural).
    by_path: BTreeMap<(String, String, String), Arc<Resource>>,
}

impl Default for Resources {
    /// The built-in kinds.
    fn default() -> Self {
        let mut resources = Self { by_path: BTreeMap::new() };
        for resource in kinds::built_in() {
            resources.insert(resource);
        }
        resources
    }
}

impl Resources {
    /// By the segments of a path.
    pub fn find(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Resource>> {
        self.by_path.get(&(group.to_owned(), version.to_owned(), plural.to_owned()))
    }

    /// By apiVersion (`group/version` or `version`) and kind, as owner references and manifests name it.
    pub fn find_kind(&self, api_version: &str, kind: &str) -> Option<&Arc<Resource>> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        self.iter().find(|one| one.group == group && one.version == version && one.kind == kind)
    }

    /// The first version of a resource of that group and plural.
    pub fn find_plural(&self, group: &str, plural: &str) -> Option<&Arc<Resource>> {
        self.iter().find(|one| one.is(group, plural))
    }

    /// Everything, ordered by group, version and plural.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.by_path.values()
    }

    /// A resource whose objects are kept there.
    pub fn stored_in(&self, storage: &str) -> Option<&Arc<Resource>> {
        self.iter().find(|one| &*one.storage == storage && one.verbs.allows("list"))
    }

    /// The resources that a CustomResourceDefinition of that name has added.
    pub fn of_definition<'a>(&'a self, definition: &'a str) -> impl Iterator<Item = &'a Arc<Resource>> {
        self.iter()
            .filter(move |one| one.custom.as_ref().is_some_and(|custom| custom.definition == definition))
    }

    /// One resource for each storage: what to go through to see every object once.
    pub fn storages(&self) -> Vec<Arc<Resource>> {
        let mut by_storage: BTreeMap<&str, &Arc<Resource>> = BTreeMap::new();
        for resource in self.iter().filter(|one| one.verbs.allows("list")) {
            by_storage.entry(&resource.storage).or_insert(resource);
        }
        by_storage.into_values().cloned().collect()
    }

    /// Some resource is served in that group.
    pub fn has_group(&self, group: &str) -> bool {
        self.iter().any(|one| one.group == group)
    }

    /// Some resource is served in that group and version.
    pub fn has_version(&self, group: &str, version: &str) -> bool {
        self.iter().any(|one| one.group == group && one.version == version)
    }

    /// Adds a resource or replaces the one at the same path.
    pub fn insert(&mut self, resource: Resource) {
        let path = (resource.group.clone(), resource.version.clone(), resource.plural.clone());
        self.by_path.insert(path, Arc::new(resource));
    }
}
