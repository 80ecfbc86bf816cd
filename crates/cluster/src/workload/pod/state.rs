//! What a Pod's worker knows of each container, and the words in which a status says it.

use jiff::Timestamp;
use k8s_openapi::api::core::v1::{Container as Spec, ContainerStatus};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::backoff::Backoff;
use crate::registry::metadata;
use crate::workload::image::Image;

/// Which part a container plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Runs to its end before the next one starts.
    Init,
    /// An init container with `restartPolicy: Always`: runs beside the main ones and does not count.
    Sidecar,
    Main,
}

/// One container and what has become of it.
pub(super) struct Container {
    pub(super) spec: Spec,
    pub(super) part: Part,
    pub(super) state: State,
    /// How the run before ended.
    pub(super) last: Option<Ended>,
    pub(super) restarts: i32,
    /// Passed its startup probe, or has none and runs.
    pub(super) started: bool,
    /// Passed its readiness probe, or has none and is started.
    pub(super) ready: bool,
    pub(super) backoff: Backoff,
    /// Not before this time; while it waits after a failure.
    pub(super) not_before: Option<Instant>,
    /// Held while the container may run: an image in use is not removed.
    pub(super) image: Option<Image>,
    /// Of the present or last run.
    pub(super) id: String,
}

/// The present run.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    Waiting { reason: &'static str, message: String },
    Running { since: Timestamp },
    Ended(Ended),
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) reason: String,
    pub(super) message: String,
    /// None for a run that never was.
    pub(super) times: Option<(Timestamp, Timestamp)>,
    pub(super) id: String,
}

impl Container {
    pub(super) fn new(spec: Spec, part: Part, has_init: bool) -> Self {
        let reason = if has_init { "PodInitializing" } else { "ContainerCreating" };
        Self {
            spec,
            part,
            state: State::Waiting { reason, message: String::new() },
            last: None,
            restarts: 0,
            started: false,
            ready: false,
            backoff: Backoff::default(),
            not_before: None,
            image: None,
            id: String::new(),
        }
    }

    /// What an earlier platform wrote down. A run that it saw is over: it died with that platform.
    pub(super) fn restore(&mut self, status: &ContainerStatus, now: Timestamp) {
        let ended = |state: &k8s_openapi::api::core::v1::ContainerStateTerminated| Ended {
            code: state.exit_code,
            reason: state.reason.clone().unwrap_or_default(),
            message: state.message.clone().unwrap_or_default(),
            times: state.started_at.as_ref().zip(state.finished_at.as_ref()).map(|(from, to)| (from.0, to.0)),
            id: state.container_id.clone().unwrap_or_default(),
        };
        self.restarts = status.restart_count;
        self.last = status.last_state.as_ref().and_then(|state| state.terminated.as_ref()).map(ended);
        let Some(state) = &status.state else { return };
        if let Some(terminated) = &state.terminated {
            self.state = State::Ended(ended(terminated));
        } else if let Some(running) = &state.running {
            let since = running.started_at.as_ref().map_or(now, |time| time.0);
            self.state = State::Ended(Ended {
                code: 255,
                reason: "Unknown".into(),
                message: String::new(),
                times: Some((since, now)),
                id: status.container_id.clone().unwrap_or_default(),
            });
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.spec.name
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    pub(super) fn ended(&self) -> Option<&Ended> {
        match &self.state {
            State::Ended(ended) => Some(ended),
            _ => None,
        }
    }

    pub(super) fn has_succeeded(&self) -> bool {
        self.ended().is_some_and(|ended| ended.code == 0)
    }

    pub(super) fn wait(&mut self, reason: &'static str, message: impl Into<String>) {
        self.state = State::Waiting { reason, message: message.into() };
    }

    pub(super) fn field_path(&self) -> String {
        let list = if self.part == Part::Main { "containers" } else { "initContainers" };
        format!("spec.{list}{{{}}}", self.spec.name)
    }

    /// As an entry of `containerStatuses`.
    pub(super) fn status(&self) -> Value {
        let ready = match self.part {
            Part::Init => self.has_succeeded(),
            Part::Sidecar | Part::Main => self.is_running() && self.ready,
        };
        let mut status = json!({
            "name": self.spec.name,
            "state": self.state.json(),
            "lastState": self.last.as_ref().map_or_else(|| json!({}), |last| json!({"terminated": last.json()})),
            "ready": ready,
            "restartCount": self.restarts,
            "image": self.spec.image,
            "imageID": self.image.as_ref().map_or("", |image| image.digest.as_str()),
            "started": self.is_running() && self.started,
        });
        if !self.id.is_empty() {
            status["containerID"] = self.id.clone().into();
        }
        if let Some(resources) = self.spec.resources.as_ref().filter(|_| !self.id.is_empty()) {
            status["resources"] = serde_json::to_value(resources).unwrap_or_default();
        }
        status
    }
}

impl State {
    fn json(&self) -> Value {
        match self {
            Self::Waiting { reason, message } if message.is_empty() => json!({"waiting": {"reason": reason}}),
            Self::Waiting { reason, message } => json!({"waiting": {"reason": reason, "message": message}}),
            Self::Running { since } => json!({"running": {"startedAt": metadata::time(*since)}}),
            Self::Ended(ended) => json!({"terminated": ended.json()}),
        }
    }
}

impl Ended {
    fn json(&self) -> Value {
        let mut json = json!({"exitCode": self.code, "reason": self.reason});
        if !self.message.is_empty() {
            json["message"] = self.message.clone().into();
        }
        let time = |time: Option<Timestamp>| time.map_or(Value::Null, |time| metadata::time(time).into());
        json["startedAt"] = time(self.times.map(|times| times.0));
        json["finishedAt"] = time(self.times.map(|times| times.1));
        if !self.id.is_empty() {
            json["containerID"] = self.id.clone().into();
        }
        json
    }
}
