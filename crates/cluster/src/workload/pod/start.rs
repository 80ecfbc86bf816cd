//! Starting one container: image, environment, process.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use sandbox::Spec;
use tokio::time::{Instant, timeout};

use super::env::Sources;
use super::run::{Began, Process, has_probes, look_after};
use super::spec::Parts;
use super::state::State;
use super::worker::Worker;
use crate::workload::config::HostImage;
use crate::workload::image::{Image, Reference};
use crate::workload::logs::Run;

/// How long until something that was missing is looked for again.
const AGAIN: Duration = Duration::from_secs(1);
/// The same where only a person can help.
const MUCH_LATER: Duration = Duration::from_secs(10);
/// How long a sandbox may take to be made before the Pod goes on without waiting.
const SETUP: Duration = Duration::from_secs(10);

/// What a container runs.
enum Source {
    Host(HostImage),
    Image(Image),
}

/// Why a container waits: reason, message, how long.
struct Obstacle {
    reason: &'static str,
    message: String,
    wait: Duration,
}

impl Worker {
    /// Starts a container, or writes down why it has to wait.
    pub(super) async fn start(&mut self, index: usize) {
        let now = Instant::now();
        if self.containers[index].not_before.is_some_and(|time| time > now) {
            return;
        }
        if matches!(&self.containers[index].state, State::Waiting { reason: "ErrImagePull", .. }) {
            self.back_off_image(index);
            return;
        }
        match self.try_start(index).await {
            Ok(process) => {
                let container = &mut self.containers[index];
                let now = self.shared.handle.now();
                container.state = State::Running { since: now };
                container.id = format!(
                    "knative-lambda://{:032x}{:032x}",
                    rand::random::<u128>(),
                    rand::random::<u128>()
                );
                container.not_before = None;
                container.started = !has_probes(&container.spec);
                container.ready = container.started;
                self.processes[index] = Some(process);
                let subject = self.subject_of(index);
                self.shared.events.normal(&subject, "Created", "Container created");
                self.shared.events.normal(&subject, "Started", "Container started");
            }
            Err(obstacle) => {
                let container = &mut self.containers[index];
                container.not_before = Some(now + obstacle.wait);
                container.wait(obstacle.reason, obstacle.message);
            }
        }
    }

    /// After a failed pull comes the waiting for the next one.
    fn back_off_image(&mut self, index: usize) {
        let container = &mut self.containers[index];
        let State::Waiting { message, .. } = &container.state else { return };
        let image = container.spec.image.clone().unwrap_or_default();
        let text = format!("Back-off pulling image \"{image}\"");
        let message = format!("{text}: ErrImagePull: {message}");
        container.wait("ImagePullBackOff", message);
        container.not_before = Some(Instant::now() + container.backoff.fail());
        let subject = self.subject_of(index);
        self.shared.events.normal(&subject, "BackOff", text);
        self.shared.events.warning(&subject, "Failed", "Error: ImagePullBackOff");
    }

    async fn try_start(&mut self, index: usize) -> Result<Process, Obstacle> {
        let source = self.source(index).await?;
        let number = {
            let container = &mut self.containers[index];
            if let State::Ended(ended) = &container.state {
                container.last = Some(ended.clone());
            }
            container.image = match &source {
                Source::Host(_) => None,
                Source::Image(image) => Some(image.clone()),
            };
            container.restarts + i32::from(container.last.is_some())
        };
        let message = self.message_file(index)?;
        let spec = self.spec(index, &source, &message)?;
        let started = self.shared.config.launcher.spawn(spec.clone()).await;
        let mut running = started.map_err(|error| {
            let subject = self.subject_of(index);
            self.shared.events.warning(&subject, "Failed", format!("Error: {error}"));
            Obstacle { reason: "RunContainerError", message: error.to_string(), wait: MUCH_LATER }
        })?;
        // A container runs from the moment its program does; if it never does, its end says why.
        let _ = timeout(SETUP, running.started()).await;
        self.containers[index].restarts = number;
        let key = self.key();
        let run = Run {
            namespace: key.namespace,
            pod: key.name,
            uid: self.object.object().uid().to_owned(),
            container: self.containers[index].spec.name.clone(),
            number,
        };
        let began = Began {
            running,
            spec,
            container: index,
            run,
            message,
            port: self.port.number,
            messages: self.sender.clone(),
        };
        Ok(look_after(&self.shared, began, &self.containers[index].spec))
    }

    async fn source(&mut self, index: usize) -> Result<Source, Obstacle> {
        let subject = self.subject_of(index);
        let events = self.shared.events.clone();
        let spec = &self.containers[index].spec;
        let name = spec.image.clone().unwrap_or_default();
        let present =
            format!("Container image \"{name}\" already present on machine and can be accessed by the pod");
        if let Some(host) = self.host_image(index) {
            events.normal(&subject, "Pulled", present);
            return Ok(Source::Host(host));
        }
        let reference = Reference::parse(&name).map_err(|why| {
            let message = format!("Failed to apply default image tag \"{name}\": {why}");
            events.warning(&subject, "InspectFailed", message.clone());
            events.warning(&subject, "Failed", "Error: InvalidImageName");
            Obstacle { reason: "InvalidImageName", message, wait: MUCH_LATER }
        })?;
        match self.shared.images.get(&reference, &self.key().namespace).await {
            Ok(image) => {
                events.normal(&subject, "Pulled", present);
                Ok(Source::Image(image))
            }
            Err(_) if spec.image_pull_policy.as_deref() == Some("Never") => {
                let message = format!("Container image \"{name}\" is not present with pull policy of Never");
                events.warning(&subject, "ErrImageNeverPull", message.clone());
                events.warning(&subject, "Failed", "Error: ErrImageNeverPull");
                Err(Obstacle { reason: "ErrImageNeverPull", message, wait: MUCH_LATER })
            }
            Err(error) => {
                events.normal(&subject, "Pulling", format!("Pulling image \"{name}\""));
                events.warning(&subject, "Failed", format!("Failed to pull image \"{name}\": {error}"));
                events.warning(&subject, "Failed", "Error: ErrImagePull");
                Err(Obstacle { reason: "ErrImagePull", message: error.to_string(), wait: AGAIN })
            }
        }
    }

    /// Our own program, for a Pod of a Job that asks for one of its allowed subcommands. A function
    /// cannot name it: its Pods belong to a Revision.
    fn host_image(&self, index: usize) -> Option<HostImage> {
        let spec = &self.containers[index].spec;
        let image = self.shared.config.host_images.get(spec.image.as_deref()?)?;
        let subcommand = spec.args.as_ref().and_then(|args| args.first())?;
        let own_command = spec.command.as_ref().is_none_or(Vec::is_empty);
        let allowed = own_command && image.subcommands.contains(subcommand) && is_of_a_job(&self.pod);
        allowed.then(|| image.clone())
    }

    /// An empty file for the container's last message.
    fn message_file(&self, index: usize) -> Result<PathBuf, Obstacle> {
        let folder = self.folder().join("containers").join(&self.containers[index].spec.name);
        let file = folder.join("termination-log");
        let made = fs::create_dir_all(&folder).and_then(|()| {
            // A new one: the old one may have been given to a user of its own.
            let _ = fs::remove_file(&file);
            fs::write(&file, "")
        });
        let failed = |error: std::io::Error| Obstacle {
            reason: "CreateContainerError",
            message: error.to_string(),
            wait: MUCH_LATER,
        };
        made.map(|()| file).map_err(failed)
    }

    fn spec(&mut self, index: usize, source: &Source, message: &std::path::Path) -> Result<Spec, Obstacle> {
        let volumes = self.volumes.clone().unwrap_or_default();
        let sources = Sources { handle: &self.shared.handle, pod: &self.pod };
        let parts = Parts {
            config: &self.shared.config,
            pod: &self.pod,
            container: &self.containers[index].spec,
            volumes: &volumes,
            port: self.port.number,
            user: self.user.as_ref().map(sandbox::User::id),
            message,
            sources: &sources,
        };
        let made = match source {
            Source::Host(host) => parts.trusted(host, &self.folder()),
            Source::Image(image) => parts.sandboxed(image),
        };
        made.map_err(|message| {
            let told = matches!(&self.containers[index].state, State::Waiting { message: before, .. } if *before == message);
            if !told {
                self.shared.events.warning(&self.subject_of(index), "Failed", format!("Error: {message}"));
            }
            Obstacle { reason: "CreateContainerConfigError", message, wait: AGAIN }
        })
    }
}

/// Whether a Job made the Pod.
pub(super) fn is_of_a_job(pod: &Pod) -> bool {
    let owners = pod.metadata.owner_references.iter().flatten();
    owners
        .filter(|owner| owner.controller == Some(true))
        .any(|owner| owner.kind == "Job" && owner.api_version == "batch/v1")
}
