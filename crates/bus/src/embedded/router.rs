//! Which queues an event type goes to.

use std::collections::HashMap;

use crate::{Exchange, Pattern, QueueSpec};

/// Types whose queues are remembered; users' own types are without number.
const REMEMBERED: usize = 1024;

/// All bindings, and what was found for the types seen last.
#[derive(Default)]
pub(super) struct Router {
    bindings: Vec<(Exchange, Pattern, u32)>,
    found: HashMap<(Exchange, String), Vec<u32>>,
}

impl Router {
    /// Sets the bindings of a queue.
    pub(super) fn bind(&mut self, queue: u32, spec: &QueueSpec) {
        self.unbind(queue);
        let bindings = spec.bindings.iter().cloned();
        self.bindings.extend(bindings.map(|binding| (binding.exchange, binding.pattern, queue)));
    }

    /// Forgets a queue.
    pub(super) fn unbind(&mut self, queue: u32) {
        self.bindings.retain(|(_, _, bound)| *bound != queue);
        self.found.clear();
    }

    /// The queues bound for `kind`, each once.
    pub(super) fn route(&mut self, exchange: Exchange, kind: &str) -> Vec<u32> {
        let asked = (exchange, kind.to_owned());
        if let Some(queues) = self.found.get(&asked) {
            return queues.clone();
        }
        let mut queues: Vec<u32> = self
            .bindings
            .iter()
            .filter(|(from, pattern, _)| *from == exchange && pattern.matches(kind))
            .map(|(_, _, queue)| *queue)
            .collect();
        queues.sort_unstable();
        queues.dedup();
        if self.found.len() >= REMEMBERED {
            self.found.clear();
        }
        self.found.insert(asked, queues.clone());
        queues
    }
}
