//! Namespaces: nothing is created in one that is not there or is going.

use crate::api::status::{ApiError, ApiResult, Cause, Details};
use crate::registry::resource::Resource;
use crate::registry::storage::{Key, Registry};

/// 404 or 403 unless objects may be created in that namespace.
pub fn admit_create(registry: &Registry, resource: &Resource, namespace: &str, name: &str) -> ApiResult<()> {
    if !resource.namespaced {
        return Ok(());
    }
    let resources = registry.resources();
    let Some(namespaces) = resources.find("", "v1", "namespaces") else {
        return Err(ApiError::internal("namespaces are not served"));
    };
    let Some(found) = registry.head(namespaces, &Key::new("", namespace)) else {
        return Err(ApiError::not_found(namespaces, namespace));
    };
    if !found.object().is_deleting() {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
    let cause = Cause {
        reason: "NamespaceTerminating".into(),
        message: format!("namespace {namespace} is being terminated"),
        field: "metadata.namespace".into(),
    };
    Err(ApiError::forbidden(resource, name, &why)
        .with_details(Details { causes: vec![cause], ..Details::of(resource, name) }))
}
