//! Writes a Pod's status while its worker goes on: a start never waits for the disk.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Shared;
use super::worker::PORT_ANNOTATION;
use crate::registry::Key;

/// When the disk has refused one.
const AGAIN: Duration = Duration::from_secs(1);

/// Takes statuses; only the newest is written.
pub(super) struct Publisher {
    newest: watch::Sender<Value>,
    writing: JoinHandle<()>,
}

impl Publisher {
    /// Nothing is written before `binding` has ended.
    pub(super) fn start(
        shared: &Shared,
        key: Key,
        uid: String,
        port: u16,
        binding: Option<JoinHandle<()>>,
    ) -> Self {
        let (newest, changes) = watch::channel(Value::Null);
        let writing = write_all(shared.clone(), key, uid, port, changes);
        let writing = shared.tasks.spawn(async move {
            if let Some(binding) = binding {
                // However it ended: a change of the Pod brings another one.
                let _ = binding.await;
            }
            writing.await;
        });
        Self { newest, writing }
    }

    pub(super) fn publish(&self, status: Value) {
        self.newest.send_if_modified(|newest| {
            let changed = *newest != status;
            if changed {
                *newest = status;
            }
            changed
        });
    }

    /// Waits until the newest status is written.
    pub(super) async fn finish(self) {
        drop(self.newest);
        let _ = self.writing.await;
    }
}

async fn write_all(shared: Shared, key: Key, uid: String, port: u16, mut changes: watch::Receiver<Value>) {
    while changes.changed().await.is_ok() {
        let status = changes.borrow_and_update().clone();
        let written = shared.handle.update_status(&shared.pods, &key.namespace, &key.name, |pod| {
            // A Pod of the same name that came after.
            if pod.uid() != uid {
                return Ok(());
            }
            let qos = pod.at("/status/qosClass").cloned();
            pod.set("status", status.clone());
            if let Some(qos) = qos {
                pod.value_mut()["status"]["qosClass"] = qos;
            }
            pod.value_mut()["metadata"]["annotations"][PORT_ANNOTATION] = port.to_string().into();
            Ok(())
        });
        match written.await {
            Err(error) if error.reason() != "NotFound" => {
                tracing::error!(%error, pod.namespace = key.namespace, pod.name = key.name, "a Pod's status cannot be written");
                if error.code().is_server_error()
                    && shared.stop.run_until_cancelled(tokio::time::sleep(AGAIN)).await.is_some()
                {
                    changes.mark_changed();
                }
            }
            _ => {}
        }
    }
}
