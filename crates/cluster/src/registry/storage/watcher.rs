//! A cursor into the changes of one storage.

use std::sync::Arc;

use tokio::sync::watch;

use super::Registry;
use super::shelf::Change;

/// How many changes are taken at a time.
const BATCH: usize = 256;

/// The version asked for has been compacted away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too old resource version: {requested} ({oldest})")]
pub struct TooOld {
    pub requested: u64,
    /// The oldest version that can still be had.
    pub oldest: u64,
}

/// Changes in order, each once. It has no queue of its own: a slow reader costs nothing, and only meets [`TooOld`]
/// when the changes it has not read yet are forgotten.
pub struct Watcher {
    registry: Registry,
    storage: Arc<str>,
    version: u64,
    changed: watch::Receiver<u64>,
}

impl Watcher {
    pub(super) fn new(
        registry: Registry,
        storage: Arc<str>,
        version: u64,
        changed: watch::Receiver<u64>,
    ) -> Self {
        Self { registry, storage, version, changed }
    }

    /// Every change up to this version has been given out.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The next changes, at least one. Can be dropped and called again without losing any.
    pub async fn next(&mut self) -> Result<Vec<Arc<Change>>, TooOld> {
        loop {
            self.changed.borrow_and_update();
            let changes = self.ready()?;
            if !changes.is_empty() {
                return Ok(changes);
            }
            if self.changed.changed().await.is_err() {
                // The registry is held by this watcher, so its senders live; never reached.
                std::future::pending::<()>().await;
            }
        }
    }

    /// The changes that are there already; the cursor moves to the newest visible version.
    pub fn ready(&mut self) -> Result<Vec<Arc<Change>>, TooOld> {
        let index = self.registry.0.read();
        let changes = index.changes(&self.storage, self.version, BATCH)?;
        self.version = match changes.last() {
            Some(change) if changes.len() == BATCH => change.version(),
            _ => self.version.max(index.visible()),
        };
        Ok(changes)
    }
}
