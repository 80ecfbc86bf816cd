//! A cursor into the changes of one storage.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::Registry;
use super::shelf::Change;

/// How many changes are taken at a time.
const BATCH: usize = 256;
/// How long after the disk has refused writes those who looked ahead begin anew.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);

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
    /// Gives out what is accepted, too, until this many rollbacks are not all any more.
    ahead: Option<u64>,
}

impl Watcher {
    pub(super) fn new(
        registry: Registry,
        storage: Arc<str>,
        version: u64,
        changed: watch::Receiver<u64>,
    ) -> Self {
        Self { registry, storage, version, changed, ahead: None }
    }

    pub(super) fn ahead(
        registry: Registry,
        storage: Arc<str>,
        version: u64,
        changed: watch::Receiver<u64>,
        rollbacks: u64,
    ) -> Self {
        Self { registry, storage, version, changed, ahead: Some(rollbacks) }
    }

    /// Every change up to this version has been given out.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The next changes, at least one. Can be dropped and called again without losing any. Ahead it is an error,
    /// too, when the disk has refused what was accepted: some of what was given out is not so, and the reader lists
    /// again.
    pub async fn next(&mut self) -> Result<Vec<Arc<Change>>, TooOld> {
        loop {
            self.changed.borrow_and_update();
            let changes = match self.ready() {
                Err(error) if self.ahead.is_some() => {
                    tokio::time::sleep(AFTER_REFUSAL).await;
                    return Err(error);
                }
                other => other?,
            };
            if !changes.is_empty() {
                return Ok(changes);
            }
            if self.changed.changed().await.is_err() {
                // The registry is held by this watcher, so its senders live; never reached.
                std::future::pending::<()>().await;
            }
        }
    }

    /// The changes that are there already; the cursor moves to the newest version.
    pub fn ready(&mut self) -> Result<Vec<Arc<Change>>, TooOld> {
        let index = self.registry.0.read();
        if let Some(rollbacks) = self.ahead {
            let changes = index.changes_ahead(&self.storage, self.version, rollbacks)?;
            self.version = index.assigned();
            return Ok(changes);
        }
        let changes = index.changes(&self.storage, self.version, BATCH)?;
        self.version = match changes.last() {
            Some(change) if changes.len() == BATCH => change.version(),
            _ => self.version.max(index.visible()),
        };
        Ok(changes)
    }
}
