//! What a worker learns from the runs of its containers.

use std::fs;
use std::io::Read;

use sandbox::Exit;
use tokio::time::Instant;

use super::probe::Finding;
use super::run::Message;
use super::state::{Ended, State};
use super::worker::Worker;
use crate::workload::logs::Run;

/// How much of a termination message is kept.
const MESSAGE_BYTES: u64 = 4096;
/// The exit code of a process that was killed.
const KILLED: i32 = 137;

impl Worker {
    pub(super) fn hear(&mut self, message: Message) {
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
                message = "The container used more disk than it may".into();
            }
            _ => {}
        }
        let container = &mut self.containers[index];
        let since = match &container.state {
            State::Running { since } => *since,
            _ => now,
        };
        // The first process of a container does not end by a signal that it has no handler for, so a real node kills
        // it when its time is over. Here it ends at once, and is said to have ended in the same way.
        let asked = process.kill_at.is_some() && exit == Exit::Signal(sandbox::Signal::SIGTERM as i32);
        container.state = State::Ended(Ended {
            code: if asked { KILLED } else { exit.code() },
            reason: reason.into(),
            message,
            times: Some((since, now)),
            id: container.id.clone(),
        });
    }
}
