//! Empties namespaces that are deleted, then lets them go.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::api::DeleteOptions;
use crate::api::status::ApiResult;
use crate::handle::Handle;
use crate::registry::storage::Watcher;
use crate::registry::{Resource, Stored, metadata};

/// Empties until `shutdown`.
pub(crate) async fn run(handle: Handle, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let (_, watcher) = handle.registry().everything();
        shutdown.run_until_cancelled(follow(&handle, watcher)).await;
    }
}

/// Ends when changes were forgotten before they were read.
async fn follow(handle: &Handle, mut watcher: Watcher) {
    let Ok(namespaces) = handle.resource("", "namespaces") else { return };
    let mut names: Vec<String> =
        handle.list(&namespaces, None).iter().map(|one| one.object().name().to_owned()).collect();
    loop {
        for name in &names {
            if let Err(error) = reconcile(handle, &namespaces, name).await
                && !matches!(error.reason(), "NotFound" | "Conflict")
            {
                tracing::warn!(namespace.name = name, %error, "namespace could not be emptied");
            }
        }
        let Ok(changes) = watcher.next().await else { return };
        names = changes
            .iter()
            .map(|change| change.now.object())
            .map(|object| if object.namespace().is_empty() { object.name() } else { object.namespace() })
            .map(str::to_owned)
            .collect();
        names.sort_unstable();
        names.dedup();
    }
}

async fn reconcile(handle: &Handle, namespaces: &Arc<Resource>, name: &str) -> ApiResult<()> {
    let Some(namespace) = handle.get(namespaces, "", name) else { return Ok(()) };
    if !namespace.object().is_deleting() {
        return Ok(());
    }
    let mut left = Vec::new();
    for resource in handle.registry().resources().storages() {
        if !resource.namespaced {
            continue;
        }
        for stored in handle.list(&resource, Some(name)) {
            if !stored.object().is_deleting() {
                let deleted =
                    handle.delete(&resource, name, stored.object().name(), &DeleteOptions::default()).await;
                if let Err(error) = deleted
                    && error.reason() != "NotFound"
                {
                    return Err(error);
                }
            }
        }
        let remaining = handle.list(&resource, Some(name));
        left.extend(remaining.into_iter().map(|stored| (resource.clone(), stored)));
    }
    if left.is_empty() {
        return handle.finalize_namespace(name).await;
    }
    let now = metadata::time(handle.now());
    handle
        .update_status(namespaces, "", name, |object| {
            let known = object.at("/status/conditions").cloned().unwrap_or(json!([]));
            object.value_mut()["status"]["conditions"] = conditions(&left, &known, &now);
            Ok(())
        })
        .await?;
    Ok(())
}

/// What is left, in the words of a real server. The time of a condition that says the same stays.
fn conditions(left: &[(Arc<Resource>, Arc<Stored>)], known: &Value, now: &str) -> Value {
    let mut by_resource: BTreeMap<String, usize> = BTreeMap::new();
    let mut by_finalizer: BTreeMap<String, usize> = BTreeMap::new();
    for (resource, stored) in left {
        *by_resource.entry(format!("{}.{}", resource.plural, resource.group)).or_default() += 1;
        for finalizer in stored.object().finalizers() {
            *by_finalizer.entry(finalizer.to_owned()).or_default() += 1;
        }
    }
    let list = |counts: &BTreeMap<String, usize>, verb: &str| {
        let terms: Vec<String> =
            counts.iter().map(|(what, count)| format!("{what} {verb} {count} resource instances")).collect();
        terms.join(", ")
    };
    let remaining = format!("Some resources are remaining: {}", list(&by_resource, "has"));
    let held =
        format!("Some content in the namespace has finalizers remaining: {}", list(&by_finalizer, "in"));
    let rows = [
        (
            "NamespaceDeletionDiscoveryFailure",
            "False",
            "ResourcesDiscovered",
            "All resources successfully discovered",
        ),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            "False",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        (
            "NamespaceDeletionContentFailure",
            "False",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        ("NamespaceContentRemaining", "True", "SomeResourcesRemain", &remaining),
        if by_finalizer.is_empty() {
            (
                "NamespaceFinalizersRemaining",
                "False",
                "ContentHasNoFinalizers",
                "All content-preserving finalizers finished",
            )
        } else {
            ("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", held.as_str())
        },
    ];
    let known = known.as_array().map(Vec::as_slice).unwrap_or_default();
    rows.into_iter()
        .map(|(kind, status, reason, message)| {
            let since = known
                .iter()
                .find(|one| one["type"] == kind && one["status"] == status)
                .map_or(now, |one| one["lastTransitionTime"].as_str().unwrap_or(now));
            json!({
                "type": kind,
                "status": status,
                "reason": reason,
                "message": message,
                "lastTransitionTime": since,
            })
        })
        .collect()
}
