//! Every namespace has the ServiceAccount `default`.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::handle::Handle;
use crate::registry::storage::{ChangeKind, Watcher};

/// Creates until `shutdown`.
pub(crate) async fn run(handle: Handle, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        shutdown.run_until_cancelled(follow(&handle)).await;
    }
}

/// Ends when changes were forgotten before they were read.
async fn follow(handle: &Handle) {
    let (Ok(namespaces), Ok(accounts)) =
        (handle.resource("", "namespaces"), handle.resource("", "serviceaccounts"))
    else {
        return;
    };
    let (existing, mut of_namespaces) = handle.list_and_watch(&namespaces);
    let (_, mut of_accounts) = handle.list_and_watch(&accounts);
    let mut names: Vec<String> = existing.iter().map(|one| one.object().name().to_owned()).collect();
    loop {
        for name in names.drain(..) {
            if handle.get(&accounts, &name, "default").is_none() {
                create(handle, &name).await;
            }
        }
        let next = tokio::select! {
            next = created(&mut of_namespaces) => next,
            next = deleted(&mut of_accounts) => next,
        };
        match next {
            Some(next) => names = next,
            None => return,
        }
    }
}

/// Names of new namespaces.
async fn created(watcher: &mut Watcher) -> Option<Vec<String>> {
    let changes = watcher.next().await.ok()?;
    let new = changes.iter().filter(|change| change.kind == ChangeKind::Created);
    Some(new.map(|change| change.now.object().name().to_owned()).collect())
}

/// Namespaces that have lost an account.
async fn deleted(watcher: &mut Watcher) -> Option<Vec<String>> {
    let changes = watcher.next().await.ok()?;
    let gone = changes.iter().filter(|change| change.kind == ChangeKind::Deleted);
    Some(gone.map(|change| change.now.object().namespace().to_owned()).collect())
}

async fn create(handle: &Handle, namespace: &str) {
    let account = json!({
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": namespace},
    });
    match handle.create(account).await {
        // The namespace is going, or is gone, or someone was quicker.
        Err(error) if !matches!(error.reason(), "AlreadyExists" | "NotFound" | "Forbidden") => {
            tracing::warn!(namespace.name = namespace, %error, "default service account could not be created");
        }
        _ => {}
    }
}
