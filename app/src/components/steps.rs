//! The way of code to its first call, step by step.

use domain::{
    Timestamp,
    build::{Build, BuildState, StepName},
    function::{ConditionStatus, FunctionDetail, condition},
};
use leptos::prelude::*;

use super::{
    icon::icon,
    time::{ago, duration},
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Done,
    Failed,
}

struct Step {
    label: &'static str,
    state: State,
    note: String,
    /// Since when it is so.
    since: Option<Timestamp>,
}

/// Upload, build, push, Revision, traffic; each with its time, or why it failed.
pub fn deploy_steps(detail: &FunctionDetail) -> AnyView {
    list(&steps_of(detail))
}

/// Fetch, dependencies, assemble, push of one build.
pub fn build_steps(build: &Build) -> AnyView {
    let steps: Vec<_> = StepName::ALL.into_iter().map(|name| build_step(build, name, label(name))).collect();
    list(&steps)
}

fn label(name: StepName) -> &'static str {
    match name {
        StepName::Fetch => "Fetch the code",
        StepName::Dependencies => "Install dependencies",
        StepName::Assemble => "Assemble the image",
        StepName::Push => "Push the image",
    }
}

fn build_step(build: &Build, name: StepName, label: &'static str) -> Step {
    let Some(step) = build.report.steps.iter().find(|step| step.name == name) else {
        let done = build.state == BuildState::Completed;
        return Step {
            label,
            state: if done { State::Done } else { State::Waiting },
            note: String::new(),
            since: None,
        };
    };
    let state = match (step.failed, step.duration_ms) {
        (true, _) => State::Failed,
        (false, Some(_)) => State::Done,
        (false, None) if build.state.is_final() => State::Failed,
        (false, None) => State::Running,
    };
    let took = step.duration_ms.map(|millis| duration(millis as f64)).unwrap_or_default();
    let note = if step.cached { format!("{took} · from the cache") } else { took };
    Step { label, state, note, since: None }
}

fn steps_of(detail: &FunctionDetail) -> Vec<Step> {
    let met = |kind: &str| detail.condition(kind);
    let by = |label: &'static str, kind: &str, before: State| {
        let (state, note) = match met(kind).map(|condition| (condition.status, condition.message.clone())) {
            Some((ConditionStatus::True, _)) => (State::Done, String::new()),
            Some((ConditionStatus::False, message)) => (State::Failed, message),
            Some((ConditionStatus::Unknown, message)) if before == State::Done => (State::Running, message),
            _ => (State::Waiting, String::new()),
        };
        let since = met(kind).and_then(|condition| condition.last_transition_time.parse().ok());
        Step { label, state, note, since: since.filter(|_| state != State::Waiting) }
    };
    let source = by("Code", condition::SOURCE_READY, State::Done);
    let mut steps = vec![source];
    if let Some(build) = &detail.build {
        let state = match build.state {
            BuildState::Queued => State::Waiting,
            BuildState::Running => State::Running,
            BuildState::Completed => State::Done,
            _ => State::Failed,
        };
        let took =
            build.started_at.zip(build.finished_at).map(|(from, to)| duration(to.millis_since(from) as f64));
        let failure = build.report.failure.as_ref().map(|failure| failure.message.clone());
        let queued = build.queue_position.map(|position| format!("{position} in the queue"));
        let note = failure.or(queued).or(took).unwrap_or_default();
        steps.push(Step { label: "Build", state, note, since: None });
        steps.push(build_step(build, StepName::Push, "Push"));
    } else {
        steps.push(by("Build", condition::BUILD_READY, steps[0].state));
    }
    let built = steps.last().map_or(State::Waiting, |step| step.state);
    if detail.waits_for_image() {
        // Nothing failed here: an older Revision runs and takes the calls until there is an image, which the
        // steps before tell of.
        let note = met(condition::DEPLOY_READY).map(|deploy| deploy.message.clone()).unwrap_or_default();
        let waiting = |label, note| Step { label, state: State::Waiting, note, since: None };
        steps.extend([waiting("Revision", note), waiting("Traffic", String::new())]);
        return steps;
    }
    steps.push(by("Revision", condition::DEPLOY_READY, built));
    let deployed = steps.last().map_or(State::Waiting, |step| step.state);
    steps.push(by("Traffic", condition::SERVICE_READY, deployed));
    steps
}

fn list(steps: &[Step]) -> AnyView {
    let items: Vec<_> = steps
        .iter()
        .map(|step| {
            let (class, shape, word) = match step.state {
                State::Waiting => ("idle", "wait", "waiting"),
                State::Running => ("busy", "run", "running"),
                State::Done => ("good", "ok", "done"),
                State::Failed => ("bad", "fail", "failed"),
            };
            let note = step.note.clone();
            view! {
                <li class=class>
                    {icon(shape)}
                    <span class="step-label">{step.label}<span class="sr">{format!(" {word}")}</span></span>
                    {(!note.is_empty()).then(|| view! { <span class="step-note">{note}</span> })}
                    {step.since.map(|since| view! { <span class="step-note">{ago(since)}</span> })}
                </li>
            }
        })
        .collect();
    view! { <ol class="steps">{items}</ol> }.into_any()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A function whose first Revision answers; `conditions` as kind, status, reason.
    fn detail(conditions: &[(&str, &str, &str)]) -> FunctionDetail {
        let at = "2026-01-01T00:00:00Z";
        let conditions = conditions.iter().map(|(kind, status, reason)| {
            json!({"type": kind, "status": status, "reason": reason, "message": "why", "lastTransitionTime": at})
        });
        let value = json!({
            "summary": {"tenant": "acme", "name": "web", "phase": "Building", "reason": "", "language": "python",
                "source": "inline", "url": null, "replicas": 0, "createdAt": at, "updatedAt": at, "version": "2-1"},
            "conditions": conditions.collect::<Vec<_>>(), "handler": "main.handler",
            "generation": 2, "observedGeneration": 2,
            "revisions": [{"name": "web-00001", "ready": true, "reason": "", "percent": 100, "tags": [],
                "replicas": 0, "image": "i", "createdAt": at}],
            "build": null, "env": [], "secrets": [],
            "scaling": {"minReplicas": 0, "maxReplicas": 1, "targetConcurrency": 1, "containerConcurrency": 0,
                "scaleToZeroGracePeriod": "30s"},
            "resources": {"requests": {}, "limits": {}}, "buildTimeout": "30m", "timeoutSeconds": 300, "traffic": [], "pathUrl": "",
            "yaml": "", "manifest": "",
        });
        serde_json::from_value(value).unwrap()
    }

    fn words(detail: &FunctionDetail) -> Vec<&'static str> {
        let word = |step: &Step| match step.state {
            State::Waiting => "waiting",
            State::Running => "running",
            State::Done => "done",
            State::Failed => "failed",
        };
        steps_of(detail).iter().map(word).collect()
    }

    #[test]
    fn a_second_deployment_shows_no_failed_step_while_its_build_runs() {
        let building = [
            (condition::SOURCE_READY, "True", "Valid"),
            (condition::BUILD_READY, "Unknown", "Building"),
            (condition::DEPLOY_READY, "False", condition::NOT_LIVE_YET),
            (condition::SERVICE_READY, "True", "Ready"),
        ];
        let building = detail(&building);
        assert_eq!(words(&building), ["done", "running", "waiting", "waiting"]);
        assert!(building.is_pending(), "the older Revision answers");
    }

    #[test]
    fn a_failed_build_is_the_only_failed_step() {
        let failed = [
            (condition::SOURCE_READY, "True", "Valid"),
            (condition::BUILD_READY, "False", "CompileError"),
            (condition::DEPLOY_READY, "False", condition::NOT_LIVE_YET),
            (condition::SERVICE_READY, "True", "Ready"),
        ];
        assert_eq!(words(&detail(&failed)), ["done", "failed", "waiting", "waiting"]);
    }

    #[test]
    fn what_is_new_is_not_live_yet_until_its_revision_is_ready() {
        let with = |deploy: (&str, &str), service: (&str, &str)| {
            detail(&[
                (condition::SOURCE_READY, "True", "Valid"),
                (condition::BUILD_READY, "True", "Built"),
                (condition::DEPLOY_READY, deploy.0, deploy.1),
                (condition::SERVICE_READY, service.0, service.1),
            ])
        };
        assert!(with(("True", "Applied"), ("Unknown", "Deploying")).is_pending());
        let live = with(("True", "Applied"), ("True", "Ready"));
        assert!(!live.is_pending());
        assert!(FunctionDetail { generation: 3, ..live }.is_pending(), "the operator has not looked");
        let mut first = with(("True", "Applied"), ("Unknown", "Deploying"));
        first.revisions.clear();
        assert!(!first.is_pending(), "nothing older answers");
    }
}
