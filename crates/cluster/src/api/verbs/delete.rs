//! DELETE of one object: at once, or by marking it until its finalizers are gone.

use std::sync::Arc;

use super::{Target, disk_failure};
use crate::api::query::DeleteOptions;
use crate::api::status::{ApiError, ApiResult, Details};
use crate::api::{Api, WriteOptions};
use crate::registry::object::Object;
use crate::registry::storage::{StoreError, Write};
use crate::registry::{Resource, Stored, admission, finalizer};

/// What a deletion did.
pub enum Deleted {
    /// The object is gone; this is what it was.
    Now(Arc<Stored>),
    /// It is marked, and goes when its finalizers are gone or its grace period is over.
    Later(Arc<Stored>),
}

/// Deletes an object.
pub async fn delete(
    api: &Api,
    target: &Target,
    delete: &DeleteOptions,
    options: &WriteOptions,
) -> ApiResult<Deleted> {
    let (resource, key) = (&*target.resource, target.key());
    let mut marked_now = None;
    loop {
        let Some(head) = api.registry.head(resource, &key) else {
            // Its node was quicker.
            return marked_now.map(Deleted::Now).ok_or_else(|| target.not_found());
        };
        check_preconditions(resource, head.object(), delete)?;
        admission::admit_delete(&target.attributes(api, &target.name, options), head.object().value())?;
        let marked = finalizer::mark_deleted(resource, head.object(), delete, api.now());
        let later = !finalizer::may_go(resource, &marked);
        if options.dry_run || delete.dry_run {
            let stored = Arc::new(Stored::transient(if later { marked } else { head.object().clone() }));
            return Ok(if later { Deleted::Later(stored) } else { Deleted::Now(stored) });
        }
        if later && marked == *head.object() {
            api.registry.until_visible(head.version()).await;
            return Ok(Deleted::Later(head));
        }
        // A Pod that is bound is marked first: those who watch see when it was deleted, and if the
        // platform dies in between its node deletes it.
        if !later && resource.is("", "pods") && !head.object().is_deleting() && is_bound(head.object()) {
            match api.registry.commit(resource, &key, Some(head.version()), Write::Put(marked)).await {
                Ok(_) => marked_now = Some(head),
                Err(StoreError::Raced) => {}
                Err(error) => return Err(disk_failure(error)),
            }
            continue;
        }
        let write = if later { Write::Put(marked) } else { Write::Delete };
        match api.registry.commit(resource, &key, Some(head.version()), write).await {
            Ok(stored) if later => return Ok(Deleted::Later(stored)),
            // The answer shows the object in its last version, not in that of the deletion.
            Ok(_) => return Ok(Deleted::Now(head)),
            Err(StoreError::Raced) => {}
            Err(error) => return Err(disk_failure(error)),
        }
    }
}

fn is_bound(pod: &Object) -> bool {
    !pod.text("/spec/nodeName").is_empty()
}

fn check_preconditions(resource: &Resource, object: &Object, delete: &DeleteOptions) -> ApiResult<()> {
    let conflict = |why: String| {
        let kind = resource.qualified_kind();
        let message = format!("Operation cannot be fulfilled on {kind} \"{}\": {why}", object.name());
        Err(ApiError::new(http::StatusCode::CONFLICT, "Conflict", message)
            .with_details(Details { kind: resource.kind.clone(), ..Details::of(resource, object.name()) }))
    };
    if let Some(uid) = delete.uid.as_deref().filter(|uid| *uid != object.uid()) {
        return conflict(format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been deleted and then recreated",
            object.uid()
        ));
    }
    let current = object.resource_version();
    if let Some(version) = delete.resource_version.as_deref().filter(|version| *version != current) {
        return conflict(format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({current}). The object might have been modified"
        ));
    }
    Ok(())
}
