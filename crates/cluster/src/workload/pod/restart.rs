//! Whether and when containers run again.

use knative::go_duration;
use tokio::time::Instant;

use super::phase::RestartPolicy;
use super::state::{Ended, Part};
use super::worker::Worker;

impl Worker {
    /// Decides about containers that have ended: whether and when they run again.
    pub(super) fn settle(&mut self) {
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
            let message = format!(
                "back-off {} restarting failed container={name} pod={place}",
                go_duration::format(delay)
            );
            container.wait("CrashLoopBackOff", message);
            container.not_before = Some(Instant::now() + delay);
            let text = format!("Back-off restarting failed container {name} in pod {place}");
            self.shared.events.warning(&self.subject_of(index), "BackOff", text);
        }
    }

    pub(super) fn restarts(&self, ended: &Ended) -> bool {
        match self.policy {
            RestartPolicy::Always => true,
            RestartPolicy::OnFailure => ended.code != 0,
            RestartPolicy::Never => false,
        }
    }

    /// All main containers have ended and none runs again.
    pub(super) fn mains_are_done(&self) -> bool {
        let mut mains = self.containers.iter().filter(|container| container.part == Part::Main);
        let failed_init = self.policy == RestartPolicy::Never
            && self.containers.iter().any(|container| {
                container.part == Part::Init && container.ended().is_some_and(|ended| ended.code != 0)
            });
        failed_init || mains.all(|main| main.ended().is_some_and(|ended| !self.restarts(ended)))
    }
}
