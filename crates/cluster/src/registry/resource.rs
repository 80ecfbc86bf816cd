//! What the server knows about a resource: names, verbs, subresources. Kinds are data; there is no code per kind here.

mod subresource;

use std::sync::Arc;

pub use subresource::Subresource;

use crate::registry::schema::Schema;

/// A resource in one of its versions.
#[derive(Debug, Clone)]
pub struct Resource {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub singular: String,
    pub list_kind: String,
    pub short_names: Vec<String>,
    pub categories: Vec<String>,
    pub namespaced: bool,
    pub verbs: Verbs,
    pub subresources: Vec<Subresource>,
    /// Fields beyond `metadata.name` and `metadata.namespace` that field selectors may name, e.g. `spec.nodeName`.
    pub selectable_fields: Vec<String>,
    /// `metadata.generation` counts changes of the spec.
    pub generation: bool,
    /// Where its objects are kept. Two resources of one storage are two views of the same objects.
    pub storage: Arc<str>,
    /// What a CustomResourceDefinition adds; `None` for built-in kinds.
    pub custom: Option<Arc<Custom>>,
}

/// The part of a resource that comes from its CustomResourceDefinition.
#[derive(Debug, Clone)]
pub struct Custom {
    /// Name of the definition, `plural.group`.
    pub definition: String,
    pub schema: Arc<Schema>,
    /// `additionalPrinterColumns` of the version, as written.
    pub printer_columns: Vec<serde_json::Value>,
    /// Version in which objects are stored.
    pub storage_version: String,
    /// Paths of the scale subresource.
    pub scale: Option<ScalePaths>,
}

/// Where the scale subresource finds its numbers, as JSON pointers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScalePaths {
    pub spec_replicas: String,
    pub status_replicas: String,
    /// Pointer to the serialised label selector in the status.
    pub label_selector: Option<String>,
}

/// Which verbs a resource answers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verbs {
    /// All of them.
    All,
    /// All but `deletecollection` (namespaces, services).
    NoDeleteCollection,
    /// `create` only: reviews, which are answered and not kept.
    CreateOnly,
}

impl Verbs {
    /// In alphabetical order, as discovery lists them.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::All => &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
            Self::NoDeleteCollection => &["create", "delete", "get", "list", "patch", "update", "watch"],
            Self::CreateOnly => &["create"],
        }
    }

    pub fn allows(self, verb: &str) -> bool {
        self.names().contains(&verb)
    }
}

impl Resource {
    /// `plural.group`, or the plural alone in the core group.
    pub fn qualified(&self) -> String {
        qualified(&self.plural, &self.group)
    }

    /// `Kind.group`, or the kind alone in the core group.
    pub fn qualified_kind(&self) -> String {
        qualified(&self.kind, &self.group)
    }

    /// `group/version`, or the version alone in the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    pub fn is_custom(&self) -> bool {
        self.custom.is_some()
    }

    /// The structural schema of a custom resource.
    pub fn schema(&self) -> Option<&Arc<Schema>> {
        self.custom.as_ref().map(|custom| &custom.schema)
    }

    /// Core kinds are often told apart by name.
    pub fn is(&self, group: &str, plural: &str) -> bool {
        self.group == group && self.plural == plural
    }

    pub fn has_status(&self) -> bool {
        self.subresources.contains(&Subresource::Status)
    }

    pub fn subresource(&self, name: &str) -> Option<Subresource> {
        self.subresources.iter().copied().find(|one| one.name() == name)
    }
}

fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}
