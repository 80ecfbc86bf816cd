//! Keeps the status of ResourceQuotas at what is used. Creation counts by itself, see `admission::quota`; this
//! follows deletions, Pods that end, and changes of the quotas.

use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::api::status::ApiResult;
use crate::handle::Handle;
use crate::registry::admission::quota;
use crate::registry::storage::{Change, ChangeKind, TooOld, Watcher};

/// A count that a creation has overtaken is put right after this time without changes.
const HEALING: Duration = Duration::from_secs(1);

/// Counts until `shutdown`.
pub(crate) async fn run(handle: Handle, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let (_, watcher) = handle.registry().everything();
        shutdown.run_until_cancelled(follow(&handle, watcher)).await;
    }
}

/// Ends when changes were forgotten before they were read.
async fn follow(handle: &Handle, mut watcher: Watcher) {
    loop {
        match count(handle).await {
            Err(error) if !matches!(error.reason(), "NotFound" | "Conflict") => {
                tracing::warn!(%error, "quotas could not be counted");
            }
            _ => {}
        }
        if until_due(&mut watcher).await.is_err() {
            return;
        }
    }
}

/// Returns at once when less is used than before or a quota is new, and after a while when something else has
/// changed: what is created has been counted already, but may not be visible yet.
async fn until_due(watcher: &mut Watcher) -> Result<(), TooOld> {
    let mut changes = watcher.next().await?;
    while !changes.iter().any(|change| is_urgent(change)) {
        match timeout(HEALING, watcher.next()).await {
            Ok(more) => changes = more?,
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

fn is_urgent(change: &Change) -> bool {
    let object = change.now.object();
    match object.kind() {
        _ if change.kind == ChangeKind::Deleted => true,
        "Pod" => matches!(object.text("/status/phase"), "Succeeded" | "Failed"),
        "ResourceQuota" => object.at("/status/hard") != object.at("/spec/hard"),
        _ => false,
    }
}

async fn count(handle: &Handle) -> ApiResult<()> {
    let quotas = handle.resource("", "resourcequotas")?;
    for stored in handle.list(&quotas, None) {
        let object = stored.object();
        let (namespace, name) = (object.namespace(), object.name());
        let hard = quota::amounts(object.at("/spec/hard"));
        let status = quota::status(&hard, &quota::used(handle.registry(), namespace, &hard));
        if object.at("/status") == Some(&status) {
            continue;
        }
        handle
            .update_status(&quotas, namespace, name, |quota| {
                quota.set("status", status.clone());
                Ok(())
            })
            .await?;
    }
    Ok(())
}
