//! Whether a new object is meant for the one that is there.

use super::Change;
use crate::api::status::{ApiError, ApiResult, Cause};
use crate::api::verbs::Target;
use crate::registry::Resource;
use crate::registry::object::Object;

/// Name, namespace, uid and version of the new object must be those of the old one, or be left out.
pub(super) fn check(target: &Target, change: &Change, new: &Object, old: &Object) -> ApiResult<()> {
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
    let replaced = matches!(change, Change::Replace(_));
    if replaced && new.resource_version().is_empty() && needs_version(resource) {
        let cause = Cause::invalid("metadata.resourceVersion", &0.into(), "must be specified for an update");
        return Err(ApiError::invalid_kind(&resource.group, &resource.plural, &target.name, vec![cause]));
    }
    if replaced && !new.uid().is_empty() && new.uid() != old.uid() {
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

/// These may only be replaced by someone who says which version they have seen.
fn needs_version(resource: &Resource) -> bool {
    const KINDS: [(&str, &str); 3] = [
        ("apiextensions.k8s.io", "customresourcedefinitions"),
        ("coordination.k8s.io", "leases"),
        ("policy", "poddisruptionbudgets"),
    ];
    resource.is_custom() || KINDS.iter().any(|(group, plural)| resource.is(group, plural))
}
