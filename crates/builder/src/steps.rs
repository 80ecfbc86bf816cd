//! How long each part of a build takes.

use domain::build::{Step, StepName};
use domain::{Clock, SystemClock};

/// The timed steps.
#[derive(Default)]
pub(crate) struct Steps(Vec<Step>);

impl Steps {
    pub(crate) fn begin(&mut self, name: StepName) {
        self.end();
        let step =
            Step { name, started_at: SystemClock.now(), duration_ms: None, cached: false, failed: false };
        self.0.push(step);
    }

    pub(crate) fn end(&mut self) {
        if let Some(step) = self.0.last_mut().filter(|step| step.duration_ms.is_none()) {
            step.duration_ms = Some(SystemClock.now().millis_since(step.started_at));
        }
    }

    pub(crate) fn cached(&mut self) {
        if let Some(step) = self.0.last_mut() {
            step.cached = true;
        }
    }

    pub(crate) fn finish(mut self, failed: bool) -> Vec<Step> {
        self.end();
        if let Some(step) = self.0.last_mut() {
            step.failed = failed;
        }
        self.0
    }
}
