//! One Pod from its binding to its end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use sandbox::User;
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::env::Sources;
use super::phase::{Phase, RestartPolicy, is_initialized};
use super::port::Port;
use super::publish::Publisher;
use super::run::{Message, Process};
use super::start::is_of_a_job;
use super::state::{Container, Part};
use super::volume::{self, Volumes};
use crate::registry::{Key, Stored};
use crate::workload::event::Subject;

/// Where the Pod's process listens on 127.0.0.1.
pub(super) const PORT_ANNOTATION: &str = "cluster.local/port";

const COMPONENT: &str = "kubelet";

/// The state of one Pod on this node.
pub(super) struct Worker {
    pub(super) shared: Shared,
    pub(super) object: Arc<Stored>,
    pub(super) pod: Pod,
    pub(super) policy: RestartPolicy,
    pub(super) containers: Vec<Container>,
    /// The running processes, in the order of the containers.
    pub(super) processes: Vec<Option<Process>>,
    pub(super) port: Port,
    pub(super) user: Option<User>,
    /// None until they are made.
    pub(super) volumes: Option<Volumes>,
    volumes_not_before: Option<Instant>,
    pub(super) start_time: Timestamp,
    started: Instant,
    pub(super) initialized: bool,
    /// Reason and message of an end that the node brought about.
    pub(super) failure: Option<(&'static str, String)>,
    /// It was running when an earlier platform died.
    pub(super) lost: bool,
    pub(super) shown: Phase,
    pub(super) conditions: Vec<Value>,
    pub(super) publisher: Publisher,
    pub(super) sender: mpsc::Sender<Message>,
    pub(super) messages: mpsc::Receiver<Message>,
    pub(super) changes: watch::Receiver<Arc<Stored>>,
}

/// Why a Pod cannot have a worker.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("the Pod cannot be read: {0}")]
    Unreadable(serde_json::Error),
    #[error("no free port is left")]
    NoPort,
}

impl Worker {
    /// `binding`: what is just binding the Pod to this node; its status is written after that.
    pub(super) fn new(
        shared: Shared,
        changes: watch::Receiver<Arc<Stored>>,
        binding: Option<JoinHandle<()>>,
    ) -> Result<Self, Error> {
        let object = changes.borrow().clone();
        let mut pod: Pod =
            serde_json::from_value(object.object().value().clone()).map_err(Error::Unreadable)?;
        if let Some(spec) = &mut pod.spec {
            spec.node_name = Some(shared.config.node_name.clone());
        }
        let port = shared.ports.take().ok_or(Error::NoPort)?;
        let now = shared.handle.now();
        let mut containers = containers(&pod);
        let lost = restore(&mut containers, &pod, now);
        let spec = pod.spec.as_ref();
        let status = pod.status.as_ref();
        let start_time = status.and_then(|status| status.start_time.as_ref()).map_or(now, |time| time.0);
        let conditions = object.object().at("/status/conditions").and_then(Value::as_array).cloned();
        let (sender, messages) = mpsc::channel(64);
        let uid = object.object().uid().to_owned();
        let publisher = Publisher::start(&shared, Key::of(object.object()), uid, port.number, binding);
        let since = Duration::try_from(now.duration_since(start_time)).unwrap_or_default();
        Ok(Self {
            policy: RestartPolicy::parse(spec.and_then(|spec| spec.restart_policy.as_deref())),
            processes: containers.iter().map(|_| None).collect(),
            containers,
            user: shared.config.launcher.reserve_user(),
            volumes: None,
            volumes_not_before: None,
            start_time,
            started: Instant::now().checked_sub(since).unwrap_or_else(Instant::now),
            initialized: false,
            failure: None,
            lost,
            shown: Phase::Pending,
            conditions: conditions.unwrap_or_default(),
            publisher,
            sender,
            messages,
            port,
            shared,
            object,
            pod,
            changes,
        })
    }

    /// Until the Pod is over, gone, or the platform stops.
    pub(super) async fn run(mut self) {
        if !self.is_deleting() {
            self.publish();
        }
        loop {
            self.reconcile().await;
            if self.is_over() {
                break;
            }
            self.publish();
            let wake = self.next_time();
            let stop = self.shared.stop.clone();
            tokio::select! {
                // First: the node, which tells of changes, goes too when the platform stops.
                biased;
                () = stop.cancelled() => return self.shut_down().await,
                changed = self.changes.changed() => match changed {
                    Ok(()) => self.object = self.changes.borrow_and_update().clone(),
                    Err(_) => return self.vanish().await,
                },
                Some(message) = self.messages.recv() => self.hear(message),
                () = sleep_until(wake) => {}
            }
        }
        self.finish().await;
    }

    async fn reconcile(&mut self) {
        self.check_deadline();
        if self.is_stopping() {
            self.stop_all();
            return;
        }
        if !self.make_volumes() {
            return;
        }
        self.settle();
        if self.mains_are_done() {
            self.stop_part(Part::Sidecar, self.grace());
            return;
        }
        self.start_next().await;
    }

    pub(super) fn key(&self) -> Key {
        Key::of(self.object.object())
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.shared.folder.join(self.object.object().uid())
    }

    pub(super) fn subject_of(&self, index: usize) -> Subject {
        Subject::object(self.object.object(), COMPONENT).field(self.containers[index].field_path())
    }

    pub(super) fn is_deleting(&self) -> bool {
        self.object.object().is_deleting()
    }

    /// Nothing will be started any more.
    pub(super) fn is_stopping(&self) -> bool {
        self.is_deleting() || self.failure.is_some()
    }

    fn is_over(&self) -> bool {
        let idle = self.processes.iter().all(Option::is_none);
        idle && (self.is_stopping() || self.shown_phase().is_terminal())
    }

    fn check_deadline(&mut self) {
        let Some(deadline) = self.deadline().filter(|_| self.failure.is_none()) else { return };
        if deadline <= Instant::now() {
            let message = "Pod was active on the node longer than the specified deadline";
            let subject = Subject::object(self.object.object(), COMPONENT);
            self.shared.events.normal(&subject, "DeadlineExceeded", message);
            self.failure = Some(("DeadlineExceeded", message.into()));
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let seconds = self.object.object().at("/spec/activeDeadlineSeconds").and_then(Value::as_u64)?;
        Some(self.started + Duration::from_secs(seconds))
    }

    /// When to look again although nothing happens.
    fn next_time(&self) -> Instant {
        let waits = self.containers.iter().zip(&self.processes).filter(|(_, process)| process.is_none());
        let kills = self.processes.iter().flatten().filter_map(|process| process.kill_at);
        let times = waits.filter_map(|(container, _)| container.not_before).chain(kills);
        let deadline = self.deadline().filter(|_| self.failure.is_none());
        let soon = Instant::now() + Duration::from_millis(5);
        times.chain(deadline).chain(self.volumes_not_before).min().map_or_else(
            || Instant::now() + Duration::from_hours(1),
            // A kill that was sent is waited for, not sent in a loop.
            |time| time.max(soon),
        )
    }

    fn make_volumes(&mut self) -> bool {
        if self.volumes.is_some() {
            return true;
        }
        if self.volumes_not_before.is_some_and(|time| time > Instant::now()) {
            return false;
        }
        let sources = Sources { handle: &self.shared.handle, pod: &self.pod };
        let trusted = is_of_a_job(&self.pod)
            && self.pod.spec.iter().flat_map(|spec| &spec.containers).all(|container| {
                container
                    .image
                    .as_ref()
                    .is_some_and(|image| self.shared.config.host_images.contains_key(image))
            });
        match volume::prepare(&self.folder().join("volumes"), &self.pod, &sources, trusted) {
            Ok(volumes) => {
                self.volumes = Some(volumes);
                self.volumes_not_before = None;
                true
            }
            Err(failure) => {
                if self.volumes_not_before.is_none() {
                    let subject = Subject::object(self.object.object(), COMPONENT);
                    let text = format!(
                        "MountVolume.SetUp failed for volume \"{}\" : {}",
                        failure.volume, failure.message
                    );
                    self.shared.events.warning(&subject, "FailedMount", text);
                }
                self.volumes_not_before = Some(Instant::now() + Duration::from_secs(1));
                false
            }
        }
    }

    /// Starts what may start now: init containers and sidecars in their order, then all main ones.
    async fn start_next(&mut self) {
        for index in 0..self.containers.len() {
            let container = &self.containers[index];
            let runs = self.processes[index].is_some();
            match container.part {
                Part::Init if container.has_succeeded() => {}
                Part::Init | Part::Sidecar if !self.initialized => {
                    if !runs {
                        self.start(index).await;
                    }
                    let container = &self.containers[index];
                    if container.part == Part::Init || !(container.is_running() && container.started) {
                        return;
                    }
                }
                Part::Sidecar if !runs => self.start(index).await,
                Part::Main => {
                    self.initialized = self.initialized || is_initialized(&self.containers);
                    let over = container.ended().is_some_and(|ended| !self.restarts(ended));
                    if !runs && !over {
                        self.start(index).await;
                    }
                }
                Part::Init | Part::Sidecar => {}
            }
        }
    }
}

fn containers(pod: &Pod) -> Vec<Container> {
    let Some(spec) = &pod.spec else { return Vec::new() };
    let init = spec.init_containers.as_deref().unwrap_or_default();
    let has_init = !init.is_empty();
    let before = init.iter().map(|one| {
        let sidecar = one.restart_policy.as_deref() == Some("Always");
        (one, if sidecar { Part::Sidecar } else { Part::Init })
    });
    let main = spec.containers.iter().map(|one| (one, Part::Main));
    before.chain(main).map(|(one, part)| Container::new(one.clone(), part, has_init)).collect()
}

/// Takes over what an earlier platform wrote; says whether something was running then.
fn restore(containers: &mut [Container], pod: &Pod, now: Timestamp) -> bool {
    let Some(status) = &pod.status else { return false };
    let known =
        status.container_statuses.iter().flatten().chain(status.init_container_statuses.iter().flatten());
    let mut lost = false;
    for status in known {
        let Some(container) = containers.iter_mut().find(|container| container.name() == status.name) else {
            continue;
        };
        container.restore(status, now);
        lost |= status.state.as_ref().is_some_and(|state| state.running.is_some());
    }
    lost
}
