//! Removes the objects of a CustomResourceDefinition that is deleted, then lets it go.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::api::DeleteOptions;
use crate::api::status::ApiResult;
use crate::handle::Handle;
use crate::registry::Resource;
use crate::registry::finalizer::DEFINITION_CLEANUP;
use crate::registry::storage::Watcher;

/// Cleans up until `shutdown`.
pub(crate) async fn run(handle: Handle, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let (_, watcher) = handle.registry().everything();
        shutdown.run_until_cancelled(follow(&handle, watcher)).await;
    }
}

/// Ends when changes were forgotten before they were read.
async fn follow(handle: &Handle, mut watcher: Watcher) {
    let Ok(definitions) = handle.resource("apiextensions.k8s.io", "customresourcedefinitions") else {
        return;
    };
    loop {
        for definition in handle.list(&definitions, None) {
            let object = definition.object();
            if object.is_deleting()
                && object.has_finalizer(DEFINITION_CLEANUP)
                && let Err(error) = clean_up(handle, &definitions, object.name()).await
                && !matches!(error.reason(), "NotFound" | "Conflict")
            {
                tracing::warn!(definition.name = object.name(), %error, "objects could not be removed");
            }
        }
        if watcher.next().await.is_err() {
            return;
        }
    }
}

async fn clean_up(handle: &Handle, definitions: &Arc<Resource>, name: &str) -> ApiResult<()> {
    let resources = handle.registry().resources();
    let mut empty = true;
    for resource in resources.of_definition(name) {
        for stored in handle.list(resource, None) {
            let object = stored.object();
            if !object.is_deleting() {
                handle.delete(resource, object.namespace(), object.name(), &DeleteOptions::default()).await?;
            }
        }
        empty &= handle.list(resource, None).is_empty();
    }
    if empty {
        handle
            .update(definitions, "", name, |object| {
                object.remove_finalizer(DEFINITION_CLEANUP);
                Ok(())
            })
            .await?;
    }
    Ok(())
}
