//! The node: runs the Pods that are bound to it, each by a worker of its own.

mod backoff;
mod env;
mod finish;
mod hear;
mod phase;
mod port;
mod probe;
mod publish;
mod restart;
mod run;
mod spec;
mod start;
mod state;
mod status;
mod stop;
mod volume;
mod worker;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::config::Config;
use super::event::{Recorder, Subject};
use super::image::Images;
use super::logs::Logs;
use super::scheduler;
use crate::handle::Handle;
use crate::registry::storage::{Change, ChangeKind};
use crate::registry::{Resource, Stored};
use port::Ports;
use worker::Worker;

/// What all workers need. Clones share it.
#[derive(Clone)]
pub(super) struct Shared {
    pub(super) handle: Handle,
    pub(super) pods: Arc<Resource>,
    pub(super) config: Arc<Config>,
    pub(super) images: Images,
    pub(super) logs: Logs,
    pub(super) events: Recorder,
    pub(super) tasks: TaskTracker,
    pub(super) stop: CancellationToken,
    /// Volumes and message files, a folder for each Pod.
    pub(super) folder: PathBuf,
    ports: Ports,
}

impl Shared {
    #[expect(clippy::too_many_arguments, reason = "called once, by the module above")]
    pub(super) fn new(
        handle: Handle,
        pods: Arc<Resource>,
        config: Arc<Config>,
        images: Images,
        logs: Logs,
        events: Recorder,
        tasks: TaskTracker,
        stop: CancellationToken,
        folder: PathBuf,
    ) -> Self {
        Self { handle, pods, config, images, logs, events, tasks, stop, folder, ports: Ports::default() }
    }
}

/// Runs Pods until the cluster stops.
pub(super) async fn run(shared: Shared) {
    let mut node = Node { workers: HashMap::new(), shared: shared.clone() };
    loop {
        let (pods, mut changes) = shared.handle.list_and_watch(&shared.pods);
        node.clean_up(&pods);
        for pod in &pods {
            node.observe(pod);
        }
        loop {
            tokio::select! {
                () = shared.stop.cancelled() => return,
                next = changes.next() => match next {
                    Ok(list) => list.iter().for_each(|change| node.follow(change)),
                    // Forgotten before they were read: begin anew.
                    Err(_) => break,
                }
            }
        }
    }
}

struct Node {
    shared: Shared,
    /// By uid; a worker has ended when its Pod has.
    workers: HashMap<String, watch::Sender<Arc<Stored>>>,
}

impl Node {
    fn follow(&mut self, change: &Change) {
        if change.kind != ChangeKind::Deleted {
            self.observe(&change.now);
            return;
        }
        let pod = change.now.object();
        // A worker whose Pod is gone stops everything and removes what is left; one that has ended has
        // left the log.
        let gone = self.workers.remove(pod.uid()).is_none_or(|worker| worker.is_closed());
        if gone {
            self.shared.logs.remove_pod(pod.namespace(), pod.name(), pod.uid());
        }
    }

    fn observe(&mut self, pod: &Arc<Stored>) {
        let object = pod.object();
        let node = &self.shared.config.node_name;
        let bound = object.text("/spec/nodeName");
        let binding = bound.is_empty().then(|| self.bind(pod));
        if let Some(worker) = self.workers.get(object.uid()) {
            // An error means that the worker has ended: there is nothing to do for a finished Pod.
            let _ = worker.send(pod.clone());
            return;
        }
        let finished = matches!(object.text("/status/phase"), "Succeeded" | "Failed");
        // While its binding is written the Pod is started already: it is the only node.
        let ours = bound == node || scheduler::will_bind(&self.shared.handle, node, object);
        if !ours || (finished && !object.is_deleting()) {
            return;
        }
        let (sender, receiver) = watch::channel(pod.clone());
        self.workers.insert(object.uid().to_owned(), sender);
        match Worker::new(self.shared.clone(), receiver, binding) {
            Ok(worker) => drop(self.shared.tasks.spawn(worker.run())),
            Err(error) => {
                tracing::error!(%error, pod.name = object.name(), "a Pod cannot be run");
                let subject = Subject::object(object, "kubelet");
                self.shared.events.warning(&subject, "FailedCreatePodSandBox", error.to_string());
                // Its next change is another try.
                self.workers.remove(object.uid());
            }
        }
    }

    fn bind(&self, pod: &Arc<Stored>) -> JoinHandle<()> {
        let (shared, pod) = (self.shared.clone(), pod.clone());
        self.shared.tasks.spawn(async move {
            let node = &shared.config.node_name;
            scheduler::schedule(&shared.handle, &shared.pods, node, pod.object(), &shared.events).await;
        })
    }

    /// Ends what is left of Pods that went while nobody looked, or that the disk has refused.
    fn clean_up(&mut self, pods: &[Arc<Stored>]) {
        let known = |uid: &str| pods.iter().any(|pod| pod.object().uid() == uid);
        // A worker whose Pod is gone stops everything and removes what is left.
        self.workers.retain(|uid, _| known(uid));
        self.shared.logs.remove_others(known);
        for entry in std::fs::read_dir(&self.shared.folder).into_iter().flatten().flatten() {
            if !entry.file_name().to_str().is_some_and(known) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }
}
