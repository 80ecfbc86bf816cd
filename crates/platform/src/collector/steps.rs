//! The steps of a build while it runs, told by the groups of its lines; the builder's report has the last word.

use domain::build::{Step, StepName};
use store::NewLine;

/// Steps that began so far.
#[derive(Default)]
pub(super) struct Steps(Vec<Step>);

impl Steps {
    /// Looks at the next line; whether it begins a step.
    pub(super) fn see(&mut self, line: &NewLine) -> bool {
        let named = StepName::ALL.into_iter().find(|name| line.group.as_deref() == Some(name.as_str()));
        let Some(name) = named else { return false };
        if self.0.iter().any(|step| step.name == name) {
            return false;
        }
        if let Some(before) = self.0.last_mut() {
            before.duration_ms = Some(line.at.millis_since(before.started_at));
        }
        self.0.push(Step { name, started_at: line.at, duration_ms: None, cached: false, failed: false });
        true
    }

    pub(super) fn so_far(&self) -> Vec<Step> {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Timestamp,
        log::{Level, Stream},
    };

    use super::*;

    fn line(group: &str, at: i64) -> NewLine {
        NewLine {
            at: Timestamp::from_millis(at),
            stream: Stream::Platform,
            level: Level::Info,
            text: String::new(),
            group: Some(group.to_owned()),
            correlation: None,
        }
    }

    #[test]
    fn a_step_ends_when_the_next_one_begins() {
        let mut steps = Steps::default();
        assert!(steps.see(&line("fetch", 10)));
        assert!(!steps.see(&line("fetch", 20)));
        assert!(!steps.see(&line("something", 25)));
        assert!(steps.see(&line("dependencies", 30)));
        let seen: Vec<_> = steps.so_far().iter().map(|step| (step.name, step.duration_ms)).collect();
        assert_eq!(seen, [(StepName::Fetch, Some(20)), (StepName::Dependencies, None)]);
    }
}
