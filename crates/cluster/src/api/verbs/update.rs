//! PUT, PATCH and apply on an object that is there, its status and its scale.

use std::sync::Arc;

use serde_json::Value;

use super::{Target, disk_failure, refuse};
use crate::api::status::{ApiError, ApiResult};
use crate::api::{Api, WriteOptions, apply};
use crate::registry::object::Object;
use crate::registry::storage::{StoreError, Write};
use crate::registry::{Resource, Stored, Subresource, admission, builtin, finalizer, metadata};

/// What becomes of an object.
pub enum Change {
    /// The new object; its managers follow from what differs.
    Replace(Object),
    /// The new object with its managers set by server-side apply.
    Applied(Object),
}

/// Changes an object by `change`, which is called again if someone else was quicker (unless it named the version
/// that it is based on: then it is a conflict). Gives the object as it is then; when the last finalizer of a deleted
/// object was taken out, as it was when it went.
pub async fn update(
    api: &Api,
    target: &Target,
    options: &WriteOptions,
    mut change: impl FnMut(&Object) -> ApiResult<Change>,
) -> ApiResult<Arc<Stored>> {
    let (resource, key) = (&*target.resource, target.key());
    loop {
        let head = api.registry.head(resource, &key).ok_or_else(|| target.not_found())?;
        let (new, applied) = match change(head.object())? {
            Change::Replace(new) => (new, false),
            Change::Applied(new) => (new, true),
        };
        let based = !new.resource_version().is_empty();
        check_identity(target, &new, head.object())?;
        let new = prepare(api, target, new, head.object(), applied, options)?;
        if unchanged(&new, head.object()) {
            api.registry.until_visible(head.version()).await;
            return Ok(head);
        }
        let write = if finalizer::may_go(resource, &new) { Write::Delete } else { Write::Put(new.clone()) };
        if options.dry_run {
            return Ok(Arc::new(Stored::transient(new)));
        }
        match api.registry.commit(resource, &key, Some(head.version()), write).await {
            Ok(stored) => return Ok(stored),
            Err(StoreError::Raced) if based => return Err(ApiError::modified(resource, &target.name)),
            Err(StoreError::Raced) => {}
            Err(error) => return Err(disk_failure(error)),
        }
    }
}

/// Name, namespace, uid and version of the new object must be those of the old one, or be left out.
fn check_identity(target: &Target, new: &Object, old: &Object) -> ApiResult<()> {
    let resource = &*target.resource;
    if new.name() != target.name {
        let message = if new.name().is_empty() {
            "name must be provided".to_owned()
        } else {
            format!(
                "the name of the object ({}) does not match the name on the URL ({})",
                new.name(),
                target.name
            )
        };
        return Err(ApiError::bad_request(message));
    }
    if !new.namespace().is_empty() && new.namespace() != target.namespace {
        return Err(ApiError::bad_request(format!(
            "the namespace of the object ({}) does not match the namespace on the URL ({})",
            new.namespace(),
            target.namespace
        )));
    }
    if !new.uid().is_empty() && new.uid() != old.uid() {
        // The key is the one that an object of the core group has in etcd; clients only look at the reason.
        let why = format!(
            "StorageError: invalid object, Code: 4, Key: /registry/{}/{}/{}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: {}, UID in object meta: {}",
            resource.plural,
            target.namespace,
            target.name,
            new.uid(),
            old.uid()
        );
        return Err(ApiError::conflict(resource, &target.name, &why));
    }
    if !new.resource_version().is_empty() && new.resource_version() != old.resource_version() {
        return Err(ApiError::modified(resource, &target.name));
    }
    Ok(())
}

fn prepare(
    api: &Api,
    target: &Target,
    mut new: Object,
    old: &Object,
    applied: bool,
    options: &WriteOptions,
) -> ApiResult<Object> {
    let resource = &*target.resource;
    match resource.schema() {
        Some(schema) => schema.apply_defaults(new.value_mut()),
        None => builtin::apply_defaults(resource, new.value_mut()),
    }
    metadata::prepare_update(&mut new, old);
    new.set_metadata("resourceVersion", old.resource_version());
    if resource.is("", "namespaces") && target.subresource != Some(Subresource::Finalize) {
        let finalizers = old.at("/spec/finalizers").cloned().unwrap_or_default();
        new.value_mut()["spec"]["finalizers"] = finalizers;
    }
    if target.subresource == Some(Subresource::Status) {
        keep_all_but_status(resource, &mut new, old);
    } else if resource.has_status() {
        new.set("status", old.at("/status").cloned().unwrap_or_default());
    }
    if resource.schema().is_none() {
        builtin::prepare_update(resource, new.value_mut(), old.value());
    }
    admission::admit_update(&target.attributes(api, &target.name, options), new.value_mut(), old.value())?;
    if resource.generation
        && target.subresource != Some(Subresource::Status)
        && spec_differs(resource, &new, old)
    {
        new.set_metadata("generation", old.generation() + 1);
    }
    let mut causes = metadata::validate_update(&new, old);
    causes.extend(match resource.schema() {
        Some(schema) => schema.validate(new.value(), Some(old.value())),
        None => builtin::validate_update(resource, new.value(), old.value()),
    });
    refuse(resource, &target.name, causes)?;
    if !applied {
        let manager = target.manager(api, options);
        apply::update_managers(resource, Some(old.value()), new.value_mut(), &manager);
    }
    Ok(new)
}

/// The status door changes the status; of built-in kinds also labels and annotations.
fn keep_all_but_status(resource: &Resource, new: &mut Object, old: &Object) {
    let status = new.at("/status").cloned().unwrap_or_default();
    let managed = new.at("/metadata/managedFields").cloned().unwrap_or_default();
    let metadata = new.at("/metadata").cloned().unwrap_or_default();
    *new = old.clone();
    if !resource.is_custom() {
        for field in ["labels", "annotations", "finalizers"] {
            new.set_metadata(field, metadata.get(field).cloned().unwrap_or_default());
        }
    }
    new.set_metadata("managedFields", managed);
    new.set("status", status);
}

/// Of custom resources everything but metadata and status counts, of built-in ones the spec.
fn spec_differs(resource: &Resource, new: &Object, old: &Object) -> bool {
    if !resource.is_custom() {
        return new.at("/spec") != old.at("/spec");
    }
    let fields = |object: &Object| {
        let mut fields = object.value().as_object().cloned().unwrap_or_default();
        fields.remove("metadata");
        if resource.has_status() {
            fields.remove("status");
        }
        fields
    };
    fields(new) != fields(old)
}

/// Nothing differs but the times in `managedFields`.
fn unchanged(new: &Object, old: &Object) -> bool {
    let timeless = |object: &Object| {
        let mut object = object.clone();
        let managed = object.value_mut().pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut);
        for entry in managed.into_iter().flatten().filter_map(Value::as_object_mut) {
            entry.remove("time");
        }
        object
    };
    new == old || timeless(new) == timeless(old)
}
