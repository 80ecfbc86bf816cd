//! A worker's Pod as `status` says it.

use serde_json::{Value, json};

use super::phase::{Circumstances, Phase, conditions, phase};
use super::state::Part;
use super::worker::Worker;
use crate::registry::metadata;

impl Worker {
    /// The phase that people see: a Pod is not over before its last process is.
    pub(super) fn shown_phase(&self) -> Phase {
        let phase = match &self.failure {
            Some(_) => Phase::Failed,
            None => phase(&self.containers, self.policy, self.is_stopping()),
        };
        if phase.is_terminal() && self.processes.iter().any(Option::is_some) { self.shown } else { phase }
    }

    /// Makes the status and gives it to the publisher.
    pub(super) fn publish(&mut self) {
        self.shown = self.shown_phase();
        let now = metadata::time(self.shared.handle.now());
        let at = Circumstances {
            phase: self.shown,
            prepared: self.volumes.is_some(),
            initialized: self.initialized,
            generation: self.object.object().generation(),
            now: &now,
            old: &self.conditions,
        };
        let mut list = conditions(&self.containers, &at);
        if self.lost
            && self.shown == Phase::Failed
            && !list.iter().any(|one| one["type"] == "DisruptionTarget")
        {
            list.push(json!({
                "type": "DisruptionTarget",
                "status": "True",
                "lastProbeTime": null,
                "lastTransitionTime": now,
                "reason": "TerminationByKubelet",
                "message": "The node was restarted while the Pod was running",
            }));
        }
        let generation = at.generation;
        self.conditions.clone_from(&list);
        let mut status = json!({
            "observedGeneration": generation,
            "phase": self.shown.name(),
            "conditions": list,
            "hostIP": "127.0.0.1",
            "hostIPs": [{"ip": "127.0.0.1"}],
            "startTime": metadata::time(self.start_time),
        });
        let of = |wanted: fn(Part) -> bool| -> Vec<Value> {
            let some = self.containers.iter().filter(|container| wanted(container.part));
            some.map(super::state::Container::status).collect()
        };
        let (main, init) = (of(|part| part == Part::Main), of(|part| part != Part::Main));
        status["containerStatuses"] = main.into();
        if !init.is_empty() {
            status["initContainerStatuses"] = init.into();
        }
        if self.volumes.is_some() {
            status["podIP"] = "127.0.0.1".into();
            status["podIPs"] = json!([{"ip": "127.0.0.1"}]);
        }
        if let Some((reason, message)) = self.failure.as_ref().filter(|_| self.shown == Phase::Failed) {
            status["reason"] = (*reason).into();
            status["message"] = message.clone().into();
        }
        self.publisher.publish(status);
    }
}
