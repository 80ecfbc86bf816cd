//! The garbage collector: acts on what `registry::garbage` concludes.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::api::status::{ApiError, ApiResult};
use crate::api::{DeleteOptions, Propagation};
use crate::handle::Handle;
use crate::registry::Resource;
use crate::registry::finalizer::{FOREGROUND, ORPHAN};
use crate::registry::garbage::{Action, Graph, Node, Uid};
use crate::registry::object::Object;
use crate::registry::storage::{ChangeKind, Watcher};

/// Collects until `shutdown`.
pub(crate) async fn run(handle: Handle, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        let (graph, queue, watcher) = snapshot(&handle);
        let collector = Collector { handle: handle.clone(), graph, queue };
        // It ends when changes were forgotten before they were read: then everything is read anew.
        shutdown.run_until_cancelled(collector.follow(watcher)).await;
    }
}

fn snapshot(handle: &Handle) -> (Graph, VecDeque<Uid>, Watcher) {
    let (everything, watcher) = handle.registry().everything();
    let mut graph = Graph::default();
    let mut queue = VecDeque::new();
    for (storage, stored) in everything {
        queue.extend(graph.put(&storage, stored.object()));
    }
    (graph, queue, watcher)
}

struct Collector {
    handle: Handle,
    graph: Graph,
    queue: VecDeque<Uid>,
}

impl Collector {
    async fn follow(mut self, mut watcher: Watcher) {
        loop {
            while let Some(uid) = self.queue.pop_front() {
                // What has happened meanwhile may have made an action needless.
                match watcher.ready() {
                    Ok(changes) => changes.iter().for_each(|change| self.take_in(change)),
                    Err(_) => return,
                }
                self.process(&uid).await;
            }
            match watcher.next().await {
                Ok(changes) => changes.iter().for_each(|change| self.take_in(change)),
                Err(_) => return,
            }
        }
    }

    fn take_in(&mut self, change: &crate::registry::storage::Change) {
        let object = change.now.object();
        let dirty = match change.kind {
            ChangeKind::Deleted => self.graph.remove(object.uid()),
            ChangeKind::Created | ChangeKind::Updated => self.graph.put(&change.storage, object),
        };
        self.queue.extend(dirty);
    }

    async fn process(&mut self, uid: &str) {
        let (Some(action), Some(node)) = (self.graph.action(uid), self.graph.node(uid).cloned()) else {
            return;
        };
        let Some(resource) = resource_of(&self.handle, &node) else { return };
        if let Err(error) = self.act(uid, &node, &resource, action).await
            && !matches!(error.reason(), "NotFound" | "Conflict")
        {
            tracing::warn!(object.uid = uid, object.name = node.key.name, %error, "object could not be collected");
        }
    }

    async fn act(&self, uid: &str, node: &Node, resource: &Arc<Resource>, action: Action) -> ApiResult<()> {
        match action {
            Action::Delete { foreground } => {
                let propagation = if foreground { Propagation::Foreground } else { Propagation::Background };
                let options =
                    DeleteOptions { uid: Some(uid.to_owned()), ..DeleteOptions::propagate(propagation) };
                self.handle.delete(resource, &node.key.namespace, &node.key.name, &options).await?;
            }
            Action::Release(owners) => self.release(uid, node, resource, &owners).await?,
            Action::Orphan(dependents) => {
                for dependent in dependents {
                    let Some(kid) = self.graph.node(&dependent) else { continue };
                    let Some(resource) = resource_of(&self.handle, kid) else { continue };
                    self.release(&dependent, kid, &resource, &[uid.to_owned()]).await?;
                }
                self.finish(uid, node, resource, ORPHAN).await?;
            }
            Action::Finish => self.finish(uid, node, resource, FOREGROUND).await?,
        }
        Ok(())
    }

    /// Takes owner references out.
    async fn release(
        &self,
        uid: &str,
        node: &Node,
        resource: &Arc<Resource>,
        owners: &[Uid],
    ) -> ApiResult<()> {
        self.change(uid, node, resource, |object| {
            let kept: Vec<serde_json::Value> = object
                .at("/metadata/ownerReferences")
                .and_then(serde_json::Value::as_array)
                .into_iter()
                .flatten()
                .filter(|one| !owners.iter().any(|owner| one["uid"] == owner.as_str()))
                .cloned()
                .collect();
            object.set_metadata("ownerReferences", kept);
        })
        .await
    }

    /// Takes the collector's finalizer out.
    async fn finish(
        &self,
        uid: &str,
        node: &Node,
        resource: &Arc<Resource>,
        finalizer: &str,
    ) -> ApiResult<()> {
        self.change(uid, node, resource, |object| {
            object.remove_finalizer(finalizer);
        })
        .await
    }

    async fn change(
        &self,
        uid: &str,
        node: &Node,
        resource: &Arc<Resource>,
        change: impl Fn(&mut Object),
    ) -> ApiResult<()> {
        let (namespace, name) = (&node.key.namespace, &node.key.name);
        let changed = self.handle.update(resource, namespace, name, |object| {
            if object.uid() != uid {
                // Another object has taken the name.
                return Err(ApiError::not_found(resource, name));
            }
            change(object);
            Ok(())
        });
        match changed.await {
            Err(error) if error.reason() != "NotFound" => Err(error),
            _ => Ok(()),
        }
    }
}

fn resource_of(handle: &Handle, node: &Node) -> Option<Arc<Resource>> {
    handle.registry().resources().stored_in(&node.storage).cloned()
}
