//! One Pod from its binding to its end.

use std::fs;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use sandbox::{Exit, User};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::Shared;
use super::env::Sources;
use super::phase::{Phase, RestartPolicy, is_initialized};
use super::port::Port;
use super::probe::Finding;
use super::publish::Publisher;
use super::run::{Message, Process};
use super::start::is_of_a_job;
use super::state::{Container, Ended, Part, State};
use super::volume::{self, Volumes};
use crate::api::DeleteOptions;
use crate::registry::{Key, Stored};
use crate::workload::event::Subject;
use crate::workload::logs::Run;

/// Where the Pod's process listens on 127.0.0.1.
pub(super) const PORT_ANNOTATION: &str = "cluster.local/port";

const COMPONENT: &str = "kubelet";
/// How long processes get when the whole platform stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);
/// How much of a termination message is kept.
const MESSAGE_BYTES: u64 = 4096;

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
    messages: mpsc::Receiver<Message>,
    changes: watch::Receiver<Arc<Stored>>,
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
    pub(super) fn new(shared: Shared, changes: watch::Receiver<Arc<Stored>>) -> Result<Self, Error> {
        let object = changes.borrow().clone();
        let pod: Pod = serde_json::from_value(object.object().value().clone()).map_err(Error::Unreadable)?;
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
        let publisher = Publisher::start(&shared, Key::of(object.object()), uid, port.number);
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
                changed = self.changes.changed() => match changed {
                    Ok(()) => self.object = self.changes.borrow_and_update().clone(),
                    Err(_) => return self.vanish().await,
                },
                Some(message) = self.messages.recv() => self.hear(message),
                () = sleep_until(wake) => {}
                () = stop.cancelled() => return self.shut_down().await,
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

    fn is_deleting(&self) -> bool {
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

    fn grace(&self) -> Duration {
        let object = self.object.object();
        let given = object.at("/metadata/deletionGracePeriodSeconds").and_then(Value::as_u64);
        let own = object.at("/spec/terminationGracePeriodSeconds").and_then(Value::as_u64);
        Duration::from_secs(given.or(own).unwrap_or(30))
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

    /// Decides about containers that have ended: whether and when they run again.
    fn settle(&mut self) {
        let done = self.mains_are_done();
        for index in 0..self.containers.len() {
            let container = &self.containers[index];
            let Some(ended) = container.ended().filter(|_| self.processes[index].is_none()).cloned() else {
                continue;
            };
            let again = match container.part {
                Part::Init => ended.code != 0 && self.policy != RestartPolicy::Never,
                Part::Sidecar => !done,
                Part::Main => self.restarts(&ended),
            };
            if !again {
                continue;
            }
            let lost = ended.reason == "Unknown";
            let container = &mut self.containers[index];
            container.last = Some(ended);
            container.started = container.started && container.part == Part::Sidecar;
            if lost || container.restarts == 0 {
                // The first time at once.
                container.not_before = None;
                continue;
            }
            let delay = container.backoff.fail();
            let (uid, key) = (self.object.object().uid().to_owned(), self.key());
            let place = format!("{}_{}({uid})", key.name, key.namespace);
            let container = &mut self.containers[index];
            let name = container.spec.name.clone();
            let message =
                format!("back-off {} restarting failed container={name} pod={place}", go_duration(delay));
            container.wait("CrashLoopBackOff", message);
            container.not_before = Some(Instant::now() + delay);
            let text = format!("Back-off restarting failed container {name} in pod {place}");
            self.shared.events.warning(&self.subject_of(index), "BackOff", text);
        }
    }

    fn restarts(&self, ended: &Ended) -> bool {
        match self.policy {
            RestartPolicy::Always => true,
            RestartPolicy::OnFailure => ended.code != 0,
            RestartPolicy::Never => false,
        }
    }

    /// All main containers have ended and none runs again.
    fn mains_are_done(&self) -> bool {
        let mut mains = self.containers.iter().filter(|container| container.part == Part::Main);
        let failed_init = self.policy == RestartPolicy::Never
            && self.containers.iter().any(|container| {
                container.part == Part::Init && container.ended().is_some_and(|ended| ended.code != 0)
            });
        failed_init || mains.all(|main| main.ended().is_some_and(|ended| !self.restarts(ended)))
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

    fn stop_all(&mut self) {
        let grace = if self.is_deleting() { self.grace() } else { self.own_grace() };
        self.stop_part(Part::Main, grace);
        self.stop_part(Part::Init, grace);
        let mains_run = self
            .containers
            .iter()
            .zip(&self.processes)
            .any(|(container, process)| container.part == Part::Main && process.is_some());
        if !mains_run {
            self.stop_part(Part::Sidecar, grace);
        }
    }

    fn own_grace(&self) -> Duration {
        let own = self.object.object().at("/spec/terminationGracePeriodSeconds").and_then(Value::as_u64);
        Duration::from_secs(own.unwrap_or(30))
    }

    fn stop_part(&mut self, part: Part, grace: Duration) {
        let now = Instant::now();
        for index in 0..self.containers.len() {
            if self.containers[index].part != part {
                continue;
            }
            let name = self.containers[index].spec.name.clone();
            let subject = self.subject_of(index);
            let Some(process) = &mut self.processes[index] else { continue };
            if process.stop(grace) {
                self.shared.events.normal(&subject, "Killing", format!("Stopping container {name}"));
            }
            process.enforce(now);
        }
    }

    fn hear(&mut self, message: Message) {
        match message {
            Message::Found { container, run, finding } if self.is_current(container, run) => {
                self.learn(container, finding);
            }
            Message::Ended { container, run, exit } if self.is_current(container, run) => {
                self.end(container, exit);
            }
            Message::Found { .. } | Message::Ended { .. } => {}
        }
        for process in self.processes.iter().flatten() {
            process.enforce(Instant::now());
        }
    }

    fn is_current(&self, index: usize, run: i32) -> bool {
        self.processes[index].is_some() && self.containers[index].restarts == run
    }

    fn learn(&mut self, index: usize, finding: Finding) {
        let subject = self.subject_of(index);
        let grace = self.own_grace();
        match finding {
            Finding::Started => self.containers[index].started = true,
            Finding::Ready(ready) => self.containers[index].ready = ready,
            Finding::Unhealthy { probe, message } => {
                tracing::debug!(pod.name = self.object.object().name(), probe, "a probe has failed");
                self.shared.events.warning(&subject, "Unhealthy", message);
            }
            Finding::Dead { probe } => {
                let name = self.containers[index].spec.name.clone();
                let text = format!("Container {name} failed {probe} probe, will be restarted");
                self.shared.events.normal(&subject, "Killing", text);
                if let Some(process) = &mut self.processes[index] {
                    process.stop(grace);
                }
            }
        }
    }

    fn end(&mut self, index: usize, exit: Exit) {
        let Some(process) = self.processes[index].take() else { return };
        let now = self.shared.handle.now();
        let mut message = String::new();
        if let Ok(file) = fs::File::open(&process.message) {
            let mut bytes = Vec::new();
            let _ = file.take(MESSAGE_BYTES).read_to_end(&mut bytes);
            message = String::from_utf8_lossy(&bytes).into_owned();
        }
        let key = self.key();
        let uid = self.object.object().uid().to_owned();
        let container = &mut self.containers[index];
        container.backoff.forgive(process.since);
        container.ready = false;
        let falls_back =
            container.spec.termination_message_policy.as_deref() == Some("FallbackToLogsOnError");
        if message.is_empty() && falls_back && !exit.is_success() {
            let (namespace, pod) = (key.namespace, key.name);
            let run = Run {
                namespace,
                pod,
                uid,
                container: container.spec.name.clone(),
                number: container.restarts,
            };
            message = self.shared.logs.tail(&run, 80, 2048);
        }
        let reason = match &exit {
            Exit::Code(0) => "Completed",
            Exit::OutOfMemory => "OOMKilled",
            Exit::NotStarted { .. } => "StartError",
            _ => "Error",
        };
        match &exit {
            Exit::NotStarted { message: why } => {
                message = format!(
                    "failed to create containerd task: failed to create shim task: OCI runtime create failed: unable to start container process: {why}"
                );
                let subject = self.subject_of(index);
                self.shared.events.warning(&subject, "Failed", format!("Error: {message}"));
            }
            Exit::DiskFull if message.is_empty() => {
                message = "The container used more disk than it may".into()
            }
            _ => {}
        }
        let container = &mut self.containers[index];
        let since = match &container.state {
            State::Running { since } => *since,
            _ => now,
        };
        container.state = State::Ended(Ended {
            code: exit.code(),
            reason: reason.into(),
            message,
            times: Some((since, now)),
            id: container.id.clone(),
        });
    }

    /// The Pod is over: its last status, and if it was deleted its end in the API.
    async fn finish(mut self) {
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
            tokio::select! {
                changed = self.changes.changed() => if changed.is_err() {
                    self.shared.logs.remove_pod(&key.namespace, &key.name, &uid);
                    return;
                },
                () = self.shared.stop.cancelled() => return,
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
        while self.changes.changed().await.is_ok() {}
        self.shared.logs.remove_pod(&key.namespace, &key.name, &uid);
    }

    /// The Pod was removed without waiting for its processes.
    async fn vanish(mut self) {
        for process in self.processes.iter_mut().flatten() {
            process.stop(Duration::ZERO);
        }
        self.wait_for_ends(SHUTDOWN_GRACE).await;
        let _ = fs::remove_dir_all(self.folder());
        let key = self.key();
        self.shared.logs.remove_pod(&key.namespace, &key.name, self.object.object().uid());
    }

    /// The platform stops: the Pod stays what it is and goes on with the next platform.
    async fn shut_down(mut self) {
        for process in self.processes.iter_mut().flatten() {
            process.stop(SHUTDOWN_GRACE);
        }
        self.wait_for_ends(SHUTDOWN_GRACE).await;
    }

    async fn wait_for_ends(&mut self, limit: Duration) {
        let end = Instant::now() + limit;
        while self.processes.iter().any(Option::is_some) {
            tokio::select! {
                Some(message) = self.messages.recv() => self.hear(message),
                () = sleep_until(end) => return,
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

/// `1m20s`, as Go prints durations of whole seconds.
fn go_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}
