//! What the server itself keeps within bounds: the cache of the builder, which is a level below the platform's crate.

use std::path::PathBuf;
use std::time::Duration;

use domain::{Clock, SystemClock};
use tokio_util::sync::CancellationToken;

/// How often it is looked for what is too much.
const EVERY: Duration = Duration::from_hours(1);

/// Keeps the dependencies in `folder` within `budget` bytes, at the start and then every hour, until `stop`.
pub(super) async fn prune_dependencies(folder: PathBuf, budget: u64, stop: CancellationToken) {
    loop {
        let place = folder.clone();
        let pruning =
            tokio::task::spawn_blocking(move || builder::prune(&place, budget, SystemClock.now())).await;
        match pruning.map_err(std::io::Error::other).and_then(|pruned| pruned) {
            Ok(pruned) if pruned.removed == 0 => {}
            Ok(pruned) => tracing::info!(
                layers.removed = pruned.removed,
                bytes.kept = pruned.kept_bytes,
                "installed dependencies were removed"
            ),
            Err(error) => {
                tracing::warn!(%error, "the cache of dependencies was not pruned; trying again in an hour");
            }
        }
        if stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_none() {
            return;
        }
    }
}
