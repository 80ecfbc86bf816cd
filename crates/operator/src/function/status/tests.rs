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
    Plan::Start { build }
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
    step_over(function, plan, None, service)
}

/// The same, and a build ends without an end of its own.
fn step_over(
    function: &mut LambdaFunction,
    plan: &Plan,
    superseded: Option<&Superseded>,
    service: Option<Service>,
) -> Vec<String> {
    let applied = Applied { service, queue_ready: Some(true), ..Applied::default() };
    let now = Timestamp::from_millis(1_000);
    let facts = Facts { invalid: None, plan, superseded, applied: &applied, now };
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
    let applied = Applied { queue_ready: Some(true), ..Applied::default() };
    let later = Timestamp::from_millis(99_000);
    let plan = &Plan::Running;
    let facts = Facts { invalid: None, plan, superseded: None, applied: &applied, now: later };
    assert_eq!(derive(&function, &facts), None);
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

#[test]
fn a_build_that_was_stopped_by_going_back_never_becomes_the_image_of_the_source_gone_back_to() {
    let mut function = function();
    step(&mut function, &start(), None);
    step(&mut function, &Plan::Completed { report: report() }, Some(service("True")));
    let second = NewBuild {
        id: "hello-b2".parse().unwrap(),
        language: Language::Python,
        hash: "h2".to_owned(),
        number: 2,
        attempt: 1,
    };
    step(&mut function, &Plan::Start { build: second }, Some(service("True")));
    let image = report().image.unwrap();
    let back = Plan::Built { hash: "h".to_owned(), image, digest: None };
    let stopped = Superseded { job: "hello-b2".to_owned(), why: "A newer source took its place." };
    let names = step_over(&mut function, &back, Some(&stopped), Some(service("True")));
    assert_eq!(names.first().map(String::as_str), Some("lifecycle.build.stopped"));
    let status = function.status.clone().unwrap();
    let build = status.build_status.unwrap();
    assert!(build.completed_at.is_some(), "it is over");
    assert_eq!(build.image_source_hash.as_deref(), Some("h"));
    // Whoever reads the status must not take the stopped build for the one that made the image.
    assert_ne!(build.source_hash, build.image_source_hash);
    assert!(status.pending_events.iter().any(|pending| {
        pending.event.data.as_ref().is_some_and(|data| {
            pending.event.event_type() == Some(EventType::BuildStopped) && data["buildId"] == "hello-b2"
        })
    }));
    assert_eq!(step(&mut function, &back, Some(service("True"))), Vec::<String>::new());
    assert_eq!(function.status.unwrap().build_status.unwrap(), build);
}

/// One reconcile with what came of the writes.
fn apply(function: &mut LambdaFunction, invalid: Option<&str>, plan: &Plan, applied: &Applied) {
    let now = Timestamp::from_millis(1_000);
    let facts = Facts { invalid: invalid.map(str::to_owned), plan, superseded: None, applied, now };
    function.status = derive(function, &facts).or(function.status.take());
}

fn condition_of<'a>(function: &'a LambdaFunction, kind: &str) -> &'a domain::function::Condition {
    function.status.as_ref().unwrap().condition(kind).unwrap()
}

#[test]
fn a_service_that_the_cluster_refuses_left_no_word_for_anybody() {
    let mut function = function();
    let given = Plan::Given { image: "r/x:1".to_owned() };
    let why = "9090 is a reserved port".to_owned();
    let applied = Applied { queue_ready: Some(true), service_refused: Some(why), ..Applied::default() };
    apply(&mut function, None, &given, &applied);
    assert_eq!(phase(&function), Phase::Failed);
    for kind in [condition::DEPLOY_READY, condition::READY] {
        let told = condition_of(&function, kind);
        assert_eq!((told.status, told.reason.as_str()), (ConditionStatus::False, "Refused"));
        assert!(told.message.contains("9090"), "{}", told.message);
    }
    // It is taken at last.
    let applied = Applied { queue_ready: Some(true), service: Some(service("True")), ..Applied::default() };
    apply(&mut function, None, &given, &applied);
    assert_eq!(phase(&function), Phase::Ready);
}

#[test]
fn a_build_whose_job_the_cluster_refuses_has_not_begun() {
    let mut function = function();
    let applied = Applied { job_refused: Some("too long".to_owned()), ..Applied::default() };
    apply(&mut function, None, &start(), &applied);
    let status = function.status.as_ref().unwrap();
    assert_eq!((status.phase, &status.build_status), (Phase::Failed, &None));
    assert!(condition_of(&function, condition::BUILD_READY).message.contains("too long"));
    assert_eq!(
        step(&mut function, &start(), None),
        ["lifecycle.build.started", "lifecycle.status.updated"],
        "it begins when it is taken"
    );
}

#[test]
fn a_spec_that_is_not_valid_has_no_queue_that_anybody_saw() {
    let mut function = function();
    apply(&mut function, Some("no runtime"), &Plan::Invalid, &Applied::default());
    assert_eq!(condition_of(&function, condition::EVENTING_READY).status, ConditionStatus::Unknown);
    let applied = Applied { queue_ready: Some(true), ..Applied::default() };
    apply(&mut function, None, &start(), &applied);
    apply(&mut function, Some("no runtime"), &Plan::Invalid, &Applied::default());
    assert_eq!(
        condition_of(&function, condition::EVENTING_READY).status,
        ConditionStatus::True,
        "it is still there"
    );
}

#[test]
fn a_build_that_is_withdrawn_ends_without_having_begun() {
    let mut function = function();
    let Plan::Start { build } = start() else { unreachable!() };
    let names = step(&mut function, &Plan::Withdrawn { build }, None);
    assert!(names.iter().any(|name| name == "lifecycle.build.cancelled"), "{names:?}");
    assert!(!names.iter().any(|name| name == "lifecycle.build.started"), "{names:?}");
    let build = function.status.as_ref().unwrap().build_status.clone().unwrap();
    assert_eq!((build.job_name, build.started_at), (None, None));
    assert_eq!((build.build_id.as_deref(), build.number), (Some("hello-b1"), 1));
    assert!(build.completed_at.is_some());
    assert_eq!(condition_of(&function, condition::BUILD_READY).reason, "Cancelled");
}
