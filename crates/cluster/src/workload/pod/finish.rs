//! The end of a Pod: its last status, its files, and its deletion.

use std::fs;
use std::sync::Arc;

use tokio::sync::watch;

use super::Shared;
use super::state::{Ended, State};
use super::worker::Worker;
use crate::api::DeleteOptions;
use crate::registry::{Key, Stored};

impl Worker {
    /// The Pod is over: its last status, and if it was deleted its end in the API.
    pub(super) async fn finish(mut self) {
        for container in &mut self.containers {
            if self.object.object().is_deleting()
                && matches!(container.state, State::Waiting { .. })
                && container.last.is_none()
            {
                container.state = State::Ended(Ended {
                    code: 137,
                    reason: "ContainerStatusUnknown".into(),
                    message: "The container could not be located when the pod was terminated".into(),
                    times: None,
                    id: String::new(),
                });
            }
        }
        self.publish();
        let (key, uid, folder) = (self.key(), self.object.object().uid().to_owned(), self.folder());
        self.publisher.finish().await;
        let _ = fs::remove_dir_all(folder);
        // Others may have them now.
        drop((self.port, self.user));
        loop {
            let current = self.changes.borrow_and_update().clone();
            if current.object().is_deleting() {
                break;
            }
            // A finished Pod waits here for its deletion; the node forgets it when it is gone.
            if is_gone(&mut self.changes, &self.shared, &key, &uid).await {
                return;
            }
        }
        let options = DeleteOptions {
            grace_period_seconds: Some(0),
            uid: Some(uid.clone()),
            ..DeleteOptions::default()
        };
        let deleted = self.shared.handle.delete(&self.shared.pods, &key.namespace, &key.name, &options).await;
        if let Err(error) = deleted
            && !matches!(error.reason(), "NotFound" | "Conflict")
        {
            tracing::error!(%error, pod.name = key.name, "a Pod cannot be removed");
        }
        // Finalizers may hold it; its log goes with it.
        while !is_gone(&mut self.changes, &self.shared, &key, &uid).await {}
    }
}

/// Waits for the next change of a Pod that is over. True when there is nothing more to wait for: the Pod is gone
/// and its log with it, or the platform stops and the log stays.
async fn is_gone(changes: &mut watch::Receiver<Arc<Stored>>, shared: &Shared, key: &Key, uid: &str) -> bool {
    tokio::select! {
        // First: the node, which tells of changes, goes too when the platform stops.
        biased;
        () = shared.stop.cancelled() => true,
        changed = changes.changed() => {
            if changed.is_err() {
                shared.logs.remove_pod(&key.namespace, &key.name, uid);
            }
            changed.is_err()
        }
    }
}
