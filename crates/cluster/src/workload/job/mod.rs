//! Jobs: as many Pods as are asked for, until enough have succeeded or too many have failed.
//!
//! A finished Pod is counted in three steps, so that none is counted twice or lost whenever the
//! platform dies: its uid is written into the Job's status, its finalizer is taken out, and when the
//! finalizer is gone the number goes up. Each step follows from what is there ([`plan`]).

mod indexes;
mod plan;
mod pod;
mod policy;
mod sync;
mod tally;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::event::Recorder;
use crate::handle::Handle;
use crate::registry::object::Object;
use crate::registry::storage::Change;
use crate::registry::{Key, Resource};

/// Keeps a Pod until it is counted.
const TRACKING: &str = "batch.kubernetes.io/job-tracking";

/// What the controller works with.
struct Controller {
    handle: Handle,
    events: Recorder,
    jobs: Arc<Resource>,
    pods: Arc<Resource>,
}

/// Looks after Jobs until the cluster stops.
pub(super) async fn run(handle: Handle, events: Recorder, stop: CancellationToken) {
    let (Ok(jobs), Ok(pods)) = (handle.resource("batch", "jobs"), handle.resource("", "pods")) else {
        tracing::error!("Jobs or Pods are not served");
        return;
    };
    let controller = Controller { handle, events, jobs, pods };
    stop.run_until_cancelled(controller.follow()).await;
}

impl Controller {
    async fn follow(&self) {
        let mut later: HashMap<Key, Instant> = HashMap::new();
        loop {
            let (jobs, mut job_changes) = self.handle.list_and_watch(&self.jobs);
            let (pods, mut pod_changes) = self.handle.list_and_watch(&self.pods);
            let mut due: HashSet<Key> = jobs.iter().map(|job| Key::of(job.object())).collect();
            let mut orphans: Vec<Key> = Vec::new();
            for pod in &pods {
                self.sort(pod.object(), &mut due, &mut orphans);
            }
            loop {
                for key in orphans.drain(..) {
                    self.let_go(&key).await;
                }
                for key in due.drain() {
                    later.remove(&key);
                    if let Some(pause) = self.sync(&key).await {
                        later.insert(key, Instant::now() + pause);
                    }
                }
                let next =
                    later.values().min().copied().unwrap_or_else(|| Instant::now() + Duration::from_hours(1));
                tokio::select! {
                    changes = job_changes.next() => match changes {
                        Ok(changes) => due.extend(changes.iter().map(|change| Key::of(change.now.object()))),
                        Err(_) => break,
                    },
                    changes = pod_changes.next() => match changes {
                        Ok(changes) => changes.iter().for_each(|change| self.notice(change, &mut due, &mut orphans)),
                        Err(_) => break,
                    },
                    () = sleep_until(next) => {
                        let now = Instant::now();
                        due.extend(later.iter().filter(|(_, time)| **time <= now).map(|(key, _)| key.clone()));
                    }
                }
            }
        }
    }

    fn notice(&self, change: &Change, due: &mut HashSet<Key>, orphans: &mut Vec<Key>) {
        self.sort(change.now.object(), due, orphans);
    }

    /// A Pod is its Job's affair, or nobody's when that is gone.
    fn sort(&self, pod: &Object, due: &mut HashSet<Key>, orphans: &mut Vec<Key>) {
        let owner = pod.owner_references().into_iter().find(|owner| owner.controller == Some(true));
        let key = owner
            .filter(|owner| owner.kind == "Job")
            .map(|owner| (Key::new(pod.namespace(), &owner.name), owner.uid));
        match key {
            Some((key, uid)) if self.job_uid(&key).is_some_and(|found| found == uid) => {
                due.insert(key);
            }
            _ if pod.has_finalizer(TRACKING) => orphans.push(Key::of(pod)),
            _ => {}
        }
    }

    fn job_uid(&self, key: &Key) -> Option<String> {
        let job = self.handle.get(&self.jobs, &key.namespace, &key.name)?;
        Some(job.object().uid().to_owned())
    }

    /// Takes the finalizer out of a Pod.
    async fn let_go(&self, pod: &Key) {
        let handle = self.handle.soon();
        let changed = handle.update(&self.pods, &pod.namespace, &pod.name, |pod| {
            pod.remove_finalizer(TRACKING);
            Ok(())
        });
        match changed.await {
            Err(error) if error.reason() != "NotFound" => {
                tracing::error!(%error, pod.name = pod.name, "a Pod's finalizer cannot be removed");
            }
            _ => {}
        }
    }
}
