use domain::{
    build::BuildReport,
    event::CloudEvent,
    function::{FunctionSpec, Language, Phase},
};
use knative::serving::ServiceSpec;

use super::*;
use crate::function::build::NewBuild;

fn function() -> LambdaFunction {
    let mut function = LambdaFunction::new("hello", FunctionSpec::inline(Language::Python, "code", None));
    function.metadata.namespace = Some("acme".to_owned());
    function.metadata.uid = Some("0b7c".to_owned());
    function.metadata.generation = Some(1);
    function
}

fn start() -> Plan {
    let build = NewBuild {
        id: "hello-b1".parse().unwrap(),
        language: Language::Python,
        hash: "h".to_owned(),
        number: 1,
        attempt: 1,
    };
    Plan::Start { build, superseded: None }
}

fn report() -> BuildReport {
    BuildReport {
        image: Some("r/acme/hello@sha256:0".to_owned()),
        digest: Some("sha256:0".to_owned()),
        failure: None,
        steps: Vec::new(),
    }
}

fn service(ready: &str) -> Service {
    let mut service = Service::new("hello", ServiceSpec::default());
    let condition =
        knative::Condition { type_: "Ready".to_owned(), status: ready.to_owned(), ..Default::default() };
    service.status =
        Some(knative::serving::ServiceStatus { conditions: vec![condition], ..Default::default() });
    service
}

/// One reconcile later; what came into the outbox meanwhile is returned by its names.
fn step(function: &mut LambdaFunction, plan: &Plan, service: Option<Service>) -> Vec<String> {
    let applied = Applied { service, queue_ready: true, ..Applied::default() };
    let facts = Facts { invalid: None, plan, applied: &applied, now: Timestamp::from_millis(1_000) };
    let before = function.status.as_ref().map_or(0, |status| status.pending_events.len());
    let Some(next) = derive(function, &facts) else { return Vec::new() };
    let name = |event: &CloudEvent| event.event_type().unwrap().name().to_owned();
    let names = next.pending_events.iter().skip(before).map(|pending| name(&pending.event)).collect();
    function.status = Some(next);
    names
}

fn phase(function: &LambdaFunction) -> Phase {
    function.status.as_ref().unwrap().phase
}

#[test]
fn a_first_deploy_tells_its_whole_story_in_order() {
    let mut function = function();
    assert_eq!(
        step(&mut function, &start(), None),
        ["lifecycle.function.created", "lifecycle.build.started", "lifecycle.status.updated"]
    );
    assert_eq!(phase(&function), Phase::Building);
    assert_eq!(
        step(&mut function, &Plan::Completed { report: report() }, Some(service("Unknown"))),
        ["lifecycle.build.completed", "lifecycle.service.created", "lifecycle.status.updated"]
    );
    assert_eq!(phase(&function), Phase::Deploying);
    let built = Plan::Built { hash: "h".to_owned(), image: "r/acme/hello@sha256:0".to_owned(), digest: None };
    assert_eq!(
        step(&mut function, &built, Some(service("True"))),
        ["lifecycle.status.updated", "lifecycle.health.check"]
    );
    assert_eq!(phase(&function), Phase::Ready);
}

#[test]
fn nothing_changed_means_nothing_to_write() {
    let mut function = function();
    step(&mut function, &start(), None);
    assert_eq!(step(&mut function, &Plan::Running, None), Vec::<String>::new());
    let applied = Applied { queue_ready: true, ..Applied::default() };
    let later = Timestamp::from_millis(99_000);
    assert_eq!(
        derive(&function, &Facts { invalid: None, plan: &Plan::Running, applied: &applied, now: later }),
        None
    );
}

#[test]
fn sequences_rise_without_gaps_and_every_event_has_the_same_correlation_id() {
    let mut function = function();
    step(&mut function, &start(), None);
    step(&mut function, &Plan::Completed { report: report() }, Some(service("True")));
    let events: Vec<_> =
        function.status.unwrap().pending_events.into_iter().map(|pending| pending.event).collect();
    let sequences: Vec<_> = events.iter().filter_map(CloudEvent::sequence).collect();
    assert_eq!(sequences, (1..=events.len() as i64).collect::<Vec<_>>());
    assert!(events.iter().all(|event| event.correlation_id() == Some("0b7c-g1")));
}

#[test]
fn a_failed_build_says_why_and_the_old_service_goes_on() {
    let mut function = function();
    step(&mut function, &start(), None);
    step(&mut function, &Plan::Completed { report: report() }, Some(service("True")));
    step(&mut function, &start(), Some(service("True")));
    let error =
        BuildError { code: "compile_error".to_owned(), message: "main.py:3".to_owned(), retryable: false };
    let names = step(&mut function, &Plan::Failed { error }, Some(service("True")));
    assert_eq!(names, ["lifecycle.build.failed", "lifecycle.status.updated"]);
    let status = function.status.as_ref().unwrap();
    assert_eq!(status.phase, Phase::Failed);
    assert!(status.is_true(condition::SERVICE_READY));
    assert_eq!(status.condition(condition::READY).unwrap().message, "main.py:3");
}
