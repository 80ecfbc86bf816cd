//! Ending a Pod's processes: asked first, killed when their time is over.

use std::fs;

use serde_json::Value;
use tokio::time::{Duration, Instant, sleep_until};

use super::state::Part;
use super::worker::Worker;

/// How long processes get when the whole platform stops.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

impl Worker {
    pub(super) fn stop_all(&mut self) {
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

    pub(super) fn stop_part(&mut self, part: Part, grace: Duration) {
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

    pub(super) fn grace(&self) -> Duration {
        let object = self.object.object();
        let given = object.at("/metadata/deletionGracePeriodSeconds").and_then(Value::as_u64);
        let own = object.at("/spec/terminationGracePeriodSeconds").and_then(Value::as_u64);
        Duration::from_secs(given.or(own).unwrap_or(30))
    }

    pub(super) fn own_grace(&self) -> Duration {
        let own = self.object.object().at("/spec/terminationGracePeriodSeconds").and_then(Value::as_u64);
        Duration::from_secs(own.unwrap_or(30))
    }

    /// The Pod was removed without waiting for its processes.
    pub(super) async fn vanish(mut self) {
        for process in self.processes.iter_mut().flatten() {
            process.stop(Duration::ZERO);
        }
        self.wait_for_ends(SHUTDOWN_GRACE).await;
        let _ = fs::remove_dir_all(self.folder());
        let key = self.key();
        self.shared.logs.remove_pod(&key.namespace, &key.name, self.object.object().uid());
    }

    /// The platform stops: the Pod stays what it is and goes on with the next platform.
    pub(super) async fn shut_down(mut self) {
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
