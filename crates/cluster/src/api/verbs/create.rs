//! POST on a collection, and apply on an object that is not there.

use std::sync::Arc;

use super::{Target, disk_failure, refuse};
use crate::api::auth::check_escalation;
use crate::api::status::{ApiError, ApiResult};
use crate::api::{Api, WriteOptions, apply};
use crate::registry::object::Object;
use crate::registry::storage::{StoreError, Write};
use crate::registry::{Key, Resource, Stored, admission, builtin, conversion, crd, metadata, namespace};

/// How often another suffix is tried for a generated name that is taken.
const NAME_ATTEMPTS: usize = 8;

/// Creates `object`. `applied`: its managers have been set by server-side apply.
pub async fn create(
    api: &Api,
    target: &Target,
    object: Object,
    applied: bool,
    options: &WriteOptions,
) -> ApiResult<Arc<Stored>> {
    let generated = object.name().is_empty();
    let mut attempt = 1;
    loop {
        let result = attempt_create(api, target, object.clone(), applied, options).await;
        match result {
            Err(error) if generated && error.reason() == "AlreadyExists" && attempt < NAME_ATTEMPTS => {
                attempt += 1;
            }
            other => return other,
        }
    }
}

async fn attempt_create(
    api: &Api,
    target: &Target,
    mut object: Object,
    applied: bool,
    options: &WriteOptions,
) -> ApiResult<Arc<Stored>> {
    let resource = &*target.resource;
    check_target(target, &object)?;
    let has_version = !object.resource_version().is_empty();
    metadata::prepare_create(resource, &target.namespace, &mut object, api.now());
    let name = object.name().to_owned();
    match resource.schema() {
        Some(schema) => {
            schema.apply_defaults(object.value_mut());
            if resource.has_status() {
                object.set("status", serde_json::Value::Null);
            }
        }
        None => builtin::apply_defaults(resource, object.value_mut()),
    }
    check_escalation(api, &options.user, resource, &object, None)?;
    if !applied {
        apply::update_managers(resource, None, object.value_mut(), &target.manager(api, options));
    }
    let attributes = target.attributes(api, &name, options);
    namespace::admit_create(&api.registry, resource, &target.namespace, &name)?;
    admission::admit_create(&attributes, object.value_mut())?;
    if resource.schema().is_none() {
        builtin::prepare_create(resource, object.value_mut());
    }
    if has_version {
        // A real server answers so, without a reason.
        return Err(ApiError::new(
            http::StatusCode::INTERNAL_SERVER_ERROR,
            "",
            "resourceVersion should not be set on objects to be created",
        ));
    }
    validate(resource, &object)?;
    admission::review(&attributes, object.value(), None)?;
    let key = Key::new(&target.namespace, &name);
    if let Some(there) = api.registry.head(resource, &key) {
        let error = if there.object().is_deleting() {
            ApiError::already_exists_deleting(resource, &name)
        } else {
            ApiError::already_exists(resource, &name)
        };
        return Err(error);
    }
    admission::check_create(&attributes, object.value()).await?;
    builtin::complete_create(resource, object.value_mut());
    let object = conversion::to_storage(resource, object);
    if options.dry_run {
        return Ok(Arc::new(Stored::transient(object)));
    }
    api.registry.commit(resource, &key, None, Write::Put(object)).await.map_err(|error| match error {
        StoreError::Raced => ApiError::already_exists(resource, &name),
        error => disk_failure(error),
    })
}

/// Name and namespace of the body must be those of the path, or be left out.
fn check_target(target: &Target, object: &Object) -> ApiResult<()> {
    if !object.namespace().is_empty() && object.namespace() != target.namespace {
        return Err(ApiError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}

fn validate(resource: &Resource, object: &Object) -> ApiResult<()> {
    let mut causes = metadata::validate_create(resource, object);
    match resource.schema() {
        Some(schema) => schema.validate_after(&mut causes, object.value(), None),
        None => causes.extend(builtin::validate_create(resource, object.value())),
    }
    let scale = resource.custom.as_ref().and_then(|custom| custom.scale.as_ref());
    causes.extend(scale.and_then(|paths| crd::validate_scale(paths, object.value())));
    refuse(resource, object.name(), causes)
}
