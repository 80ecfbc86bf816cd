//! The verbs for controllers in this process: the same rules as over HTTP, without HTTP.

use std::sync::Arc;

use serde_json::Value;

use crate::api::status::{ApiError, ApiResult};
use crate::api::verbs::{self, Change, Deleted, Target};
use crate::api::{Api, DeleteOptions, WriteOptions};
use crate::registry::object::Object;
use crate::registry::storage::{Select, Watcher};
use crate::registry::{Key, Registry, Resource, Stored, Subresource};

/// Reads and writes objects as one controller. Clones share everything.
#[derive(Clone)]
pub struct Handle {
    api: Api,
    options: WriteOptions,
    ahead: bool,
}

impl Handle {
    pub(crate) fn new(api: Api, name: &str) -> Self {
        Self { api, options: WriteOptions::controller(name), ahead: false }
    }

    /// The same, reading what is accepted and not yet on disk. For controllers all of whose effects are writes, which
    /// come after it, or end with this process.
    #[must_use]
    pub fn ahead(self) -> Self {
        Self { ahead: true, ..self }
    }

    /// The same, whose updates are not waited for: an effect in this process may come before the disk has them.
    /// A refusal is told by the watches of a handle that looks [ahead](Self::ahead), which end.
    #[must_use]
    pub fn soon(&self) -> Self {
        let mut soon = self.clone();
        soon.options.soon = true;
        soon
    }

    /// The store below, for what the verbs do not offer.
    pub fn registry(&self) -> &Registry {
        &self.api.registry
    }

    /// The API that the verbs run on.
    pub fn api(&self) -> &Api {
        &self.api
    }

    /// The present time.
    pub fn now(&self) -> jiff::Timestamp {
        self.api.now()
    }

    /// The resource of a group and plural, e.g. `("batch", "jobs")`; 404 where it is not served (any more).
    pub fn resource(&self, group: &str, plural: &str) -> ApiResult<Arc<Resource>> {
        let resources = self.api.registry.resources();
        resources.find_plural(group, plural).cloned().ok_or_else(ApiError::no_such_resource)
    }

    /// An object; `None` if it is not there.
    pub fn get(&self, resource: &Resource, namespace: &str, name: &str) -> Option<Arc<Stored>> {
        let key = Key::new(namespace, name);
        if self.ahead {
            return self.api.registry.head(resource, &key);
        }
        self.api.registry.get(resource, &key)
    }

    /// All objects of a resource, in one namespace or in all.
    pub fn list(&self, resource: &Resource, namespace: Option<&str>) -> Vec<Arc<Stored>> {
        if self.ahead {
            return self.api.registry.all_ahead(resource, namespace);
        }
        self.api.registry.all(resource, namespace)
    }

    /// All objects, and the changes that follow.
    pub fn list_and_watch(&self, resource: &Resource) -> (Vec<Arc<Stored>>, Watcher) {
        if self.ahead {
            return self.api.registry.follow_ahead(resource);
        }
        let version = self.api.registry.version();
        match self.api.registry.list(resource, &Select::default()) {
            Ok(listing) => (listing.items, self.api.registry.watch(resource, listing.version)),
            // A list of the newest version cannot be too old.
            Err(_) => (Vec::new(), self.api.registry.watch(resource, version)),
        }
    }

    /// Creates an object of the kind that it names.
    pub async fn create(&self, object: Value) -> ApiResult<Arc<Stored>> {
        let object = Object::from(object);
        let resources = self.api.registry.resources();
        let resource = resources
            .find_kind(object.api_version(), object.kind())
            .ok_or_else(ApiError::no_such_resource)?;
        let target = Target::new(resource, object.namespace(), object.name());
        verbs::create(&self.api, &target, object, false, &self.options).await
    }

    /// Changes an object; the change is repeated if someone else was quicker.
    pub async fn update(
        &self,
        resource: &Arc<Resource>,
        namespace: &str,
        name: &str,
        change: impl FnMut(&mut Object) -> ApiResult<()>,
    ) -> ApiResult<Arc<Stored>> {
        self.change(Target::new(resource, namespace, name), change).await
    }

    /// Changes the status of an object and nothing else.
    pub async fn update_status(
        &self,
        resource: &Arc<Resource>,
        namespace: &str,
        name: &str,
        change: impl FnMut(&mut Object) -> ApiResult<()>,
    ) -> ApiResult<Arc<Stored>> {
        let target = Target::new(resource, namespace, name);
        self.change(target.with_subresource(Subresource::Status), change).await
    }

    async fn change(
        &self,
        target: Target,
        mut change: impl FnMut(&mut Object) -> ApiResult<()>,
    ) -> ApiResult<Arc<Stored>> {
        verbs::update(&self.api, &target, &self.options, |current| {
            let mut object = current.clone();
            change(&mut object)?;
            object.set_metadata("resourceVersion", Value::Null);
            Ok(Change::Patched(object))
        })
        .await
    }

    /// Takes `kubernetes` out of the finalizers of a namespace: it is empty and may go.
    pub(crate) async fn finalize_namespace(&self, name: &str) -> ApiResult<()> {
        let target =
            Target::new(&self.resource("", "namespaces")?, "", name).with_subresource(Subresource::Finalize);
        self.change(target, |object| {
            let list = object.value_mut().pointer_mut("/spec/finalizers").and_then(Value::as_array_mut);
            if let Some(list) = list {
                list.retain(|one| one != "kubernetes");
            }
            Ok(())
        })
        .await
        .map(drop)
    }

    /// Deletes an object.
    pub async fn delete(
        &self,
        resource: &Arc<Resource>,
        namespace: &str,
        name: &str,
        options: &DeleteOptions,
    ) -> ApiResult<Deleted> {
        verbs::delete(&self.api, &Target::new(resource, namespace, name), options, &self.options).await
    }
}
