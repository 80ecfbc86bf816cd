//! PUT, PATCH and apply on an object that is there, its status and its scale.

mod identity;

use std::sync::Arc;

use serde_json::Value;

use super::{Target, disk_failure, refuse};
use crate::api::auth::check_escalation;
use crate::api::status::{ApiError, ApiResult};
use crate::api::{Api, WriteOptions, apply, scale};
use crate::registry::object::Object;
use crate::registry::storage::{StoreError, Write};
use crate::registry::{Resource, Stored, Subresource, admission, builtin, conversion, finalizer, metadata};

/// What becomes of an object.
pub enum Change {
    /// PUT: the whole object; it may name the version and the uid that it is meant for.
    Replace(Object),
    /// The object with some fields changed.
    Patched(Object),
    /// The object after server-side apply, which has written down the managers of its fields.
    Applied(Object),
}

/// Changes an object by `change`, which is called again if someone else was quicker (unless it named the version
/// that it is based on: then it is a conflict). Gives the object as it is then; when the last finalizer of a deleted
/// object was taken out, as it would have been.
pub async fn update(
    api: &Api,
    target: &Target,
    options: &WriteOptions,
    mut change: impl FnMut(&Object) -> ApiResult<Change>,
) -> ApiResult<Arc<Stored>> {
    let (resource, key) = (&*target.resource, target.key());
    loop {
        let head = api.registry.head(resource, &key).ok_or_else(|| target.not_found())?;
        let old = conversion::from_storage(resource, head.object());
        let change = change(&old)?;
        let (new, applied) = match &change {
            Change::Replace(new) | Change::Patched(new) => (new, false),
            Change::Applied(new) => (new, true),
        };
        let based = !new.resource_version().is_empty();
        identity::check(target, &change, new, &old)?;
        let new = prepare(api, target, new.clone(), &old, applied, options)?;
        if unchanged(&new, &old) {
            if !options.soon {
                api.registry.until_visible(head.version()).await;
            }
            return Ok(head);
        }
        let new = conversion::to_storage(resource, new);
        if options.dry_run {
            return Ok(Arc::new(Stored::transient(new)));
        }
        let goes = finalizer::may_go(resource, &new);
        let write = if goes { Write::Delete } else { Write::Put(new.clone()) };
        let written = if options.soon {
            api.registry.accept(resource, &key, Some(head.version()), write)
        } else {
            api.registry.commit(resource, &key, Some(head.version()), write).await
        };
        match written {
            // Watches see it go as it was kept last; whoever let it go sees what they made of it.
            Ok(_) if goes => return Ok(Arc::new(Stored::transient(new))),
            Ok(stored) => return Ok(stored),
            Err(StoreError::Raced) if based => return Err(ApiError::modified(resource, &target.name)),
            Err(StoreError::Raced) => {}
            Err(error) => return Err(disk_failure(error)),
        }
    }
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
    check_escalation(api, &options.user, resource, &new, Some(old))?;
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
    let mut causes = metadata::validate_update(resource, &new, old);
    let old_value = Some(old.value());
    match resource.schema() {
        Some(schema) if target.subresource == Some(Subresource::Status) => {
            causes.extend(schema.validate_status(new.value(), old_value));
        }
        Some(schema) => schema.validate_after(&mut causes, new.value(), old_value),
        None => causes.extend(builtin::validate_update(resource, new.value(), old.value())),
    }
    causes.extend(scale::negative(resource, &new));
    refuse(resource, &target.name, causes)?;
    admission::review(&target.attributes(api, &target.name, options), new.value(), Some(old.value()))?;
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
