//! The verbs, one file each. They know nothing of HTTP: the server and the controllers call the same functions.

mod create;
mod delete;
mod delete_collection;
mod list;
mod update;

use std::sync::Arc;

pub use create::create;
pub use delete::{Deleted, delete};
pub use delete_collection::delete_collection;
pub use list::get;
pub(super) use list::list;
pub use update::{Change, update};

use http::StatusCode;

use crate::api::apply::Manager;
use crate::api::status::{ApiError, Cause};
use crate::api::{Api, WriteOptions};
use crate::registry::admission::Attributes;
use crate::registry::storage::StoreError;
use crate::registry::{Key, Resource, Subresource};

/// What a verb is about.
#[derive(Debug, Clone)]
pub struct Target {
    pub resource: Arc<Resource>,
    /// Empty for cluster scope, and for a list of all namespaces.
    pub namespace: String,
    /// Empty for a whole collection, and for an object that gets its name when it is created.
    pub name: String,
    pub subresource: Option<Subresource>,
}

impl Target {
    pub fn new(resource: &Arc<Resource>, namespace: &str, name: &str) -> Self {
        Self { resource: resource.clone(), namespace: namespace.into(), name: name.into(), subresource: None }
    }

    #[must_use]
    pub fn with_subresource(mut self, subresource: Subresource) -> Self {
        self.subresource = Some(subresource);
        self
    }

    pub fn key(&self) -> Key {
        Key::new(&self.namespace, &self.name)
    }

    fn attributes<'a>(&'a self, api: &'a Api, name: &'a str, options: &'a WriteOptions) -> Attributes<'a> {
        Attributes {
            registry: &api.registry,
            resource: &self.resource,
            subresource: self.subresource,
            namespace: &self.namespace,
            name,
            user: &options.user,
            dry_run: options.dry_run,
            warnings: &options.warnings,
        }
    }

    fn manager<'a>(&self, api: &Api, options: &'a WriteOptions) -> Manager<'a> {
        Manager { name: &options.manager, subresource: self.subresource, now: api.now() }
    }

    fn not_found(&self) -> ApiError {
        ApiError::not_found(&self.resource, &self.name)
    }
}

/// 422 if there are causes.
fn refuse(resource: &Resource, name: &str, causes: Vec<Cause>) -> Result<(), ApiError> {
    if causes.is_empty() {
        return Ok(());
    }
    // Both views of Events are validated as the older one.
    let group = if resource.group == "events.k8s.io" { "" } else { &resource.group };
    Err(ApiError::invalid_kind(group, &resource.kind, name, causes))
}

/// A write that the disk refused; a race is the caller's to handle.
fn disk_failure(error: StoreError) -> ApiError {
    match error {
        StoreError::Full => {
            ApiError::new(StatusCode::INSUFFICIENT_STORAGE, "InsufficientStorage", error.to_string())
        }
        error => ApiError::internal(error.to_string()),
    }
}
