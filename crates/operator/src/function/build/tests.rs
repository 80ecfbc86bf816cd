use domain::{
    build::BuildFailure,
    function::{Condition, ConditionStatus, FunctionSpec, FunctionStatus, QUEUED, condition},
};
use k8s_openapi::api::batch::v1::{JobCondition, JobStatus};

use super::*;
use crate::function::validate;

const IMAGE: &str = "registry/acme/hello@sha256:0";

fn function() -> LambdaFunction {
    let mut function = LambdaFunction::new("hello", FunctionSpec::inline(Language::Python, "code", None));
    function.metadata.namespace = Some("acme".to_owned());
    function.metadata.uid = Some("0b7c".to_owned());
    function.metadata.generation = Some(1);
    function
}

fn with_build(mut function: LambdaFunction, change: impl FnOnce(&mut BuildStatus)) -> LambdaFunction {
    let mut build = BuildStatus {
        job_name: Some("hello-x-b1".to_owned()),
        source_hash: Some(source_hash(&function)),
        attempt: 1,
        number: 1,
        ..BuildStatus::default()
    };
    change(&mut build);
    function.status =
        Some(FunctionStatus { build_status: Some(build), observed_generation: 1, ..Default::default() });
    function
}

fn built(function: LambdaFunction) -> LambdaFunction {
    with_build(function, |build| {
        build.completed_at = Some("2026-01-01T00:00:00Z".to_owned());
        build.image_uri = Some(IMAGE.to_owned());
        build.image_source_hash.clone_from(&build.source_hash);
    })
}

fn ended(kind: &str, reason: &str) -> Job {
    let condition = JobCondition {
        type_: kind.to_owned(),
        status: "True".to_owned(),
        reason: Some(reason.to_owned()),
        ..JobCondition::default()
    };
    Job {
        status: Some(JobStatus { conditions: Some(vec![condition]), ..Default::default() }),
        ..Job::default()
    }
}

fn plan(function: &LambdaFunction, observed: &Observed) -> Plan {
    decision(function, observed).plan
}

fn stopped(function: &LambdaFunction) -> Option<String> {
    decision(function, &Observed::default()).superseded.map(|build| build.job)
}

fn decision(function: &LambdaFunction, observed: &Observed) -> Decision {
    decide(function, validate::run(function).ok().as_ref(), observed, 2)
}

fn started(plan: Plan) -> NewBuild {
    match plan {
        Plan::Start { build } => build,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_new_function_is_built_and_its_job_name_holds_63_characters() {
    let mut long = function();
    long.metadata.name = Some("a".repeat(57));
    assert!(started(plan(&long, &Observed::default())).id.as_str().len() <= 63);
}

#[test]
fn two_functions_with_the_same_long_beginning_have_jobs_of_different_names() {
    let named = |end: &str, uid: &str| {
        let mut function = function();
        function.metadata.name = Some(format!("{}{end}", "a".repeat(50)));
        function.metadata.uid = Some(uid.to_owned());
        started(plan(&function, &Observed::default())).id
    };
    assert_ne!(named("x", "1"), named("y", "2"));
}

#[test]
fn an_edited_source_is_built_again_and_the_running_build_goes() {
    let mut function = with_build(function(), |_| ());
    function.spec.source.inline.as_mut().unwrap().code = "other".to_owned();
    let build = started(plan(&function, &Observed::default()));
    assert_eq!((build.number, build.attempt), (2, 1));
    assert_eq!(stopped(&function).as_deref(), Some("hello-x-b1"));
}

/// An image of the first source is there, and a build of the second one runs.
fn edited() -> (LambdaFunction, String) {
    let mut function = built(function());
    let first = function.spec.source.inline.as_ref().unwrap().code.clone();
    function.spec.source.inline.as_mut().unwrap().code = "other".to_owned();
    let hash = source_hash(&function);
    let build = function.status.as_mut().unwrap().build_status.as_mut().unwrap();
    build.job_name = Some("hello-x-b2".to_owned());
    build.source_hash = Some(hash);
    build.completed_at = None;
    (function, first)
}

#[test]
fn a_build_that_runs_is_stopped_when_its_source_goes_back_to_that_of_the_image() {
    let (mut function, first) = edited();
    function.spec.source.inline.as_mut().unwrap().code = first;
    assert_eq!(plan(&function, &Observed::default()).image(), Some(IMAGE));
    assert_eq!(stopped(&function).as_deref(), Some("hello-x-b2"));
}

#[test]
fn a_build_that_runs_is_stopped_by_an_image_an_invalid_spec_and_a_newer_source_that_has_to_wait() {
    let (mut given, _) = edited();
    let image = serde_json::json!({"type": "image", "image": {"repository": "r", "tag": "1"}});
    given.spec.source = serde_json::from_value(image).unwrap();
    assert!(matches!(plan(&given, &Observed::default()), Plan::Given { .. }));
    assert_eq!(stopped(&given).as_deref(), Some("hello-x-b2"));

    let (mut invalid, _) = edited();
    invalid.spec.runtime = None;
    assert_eq!(plan(&invalid, &Observed::default()), Plan::Invalid);
    assert_eq!(stopped(&invalid).as_deref(), Some("hello-x-b2"));

    let (mut waits, _) = edited();
    waits.spec.source.inline.as_mut().unwrap().code = "third".to_owned();
    let full = Observed { running_builds: 2, ..Observed::default() };
    let decision = decision(&waits, &full);
    assert!(matches!(decision.plan, Plan::Queued { .. }));
    assert_eq!(decision.superseded.map(|build| build.job).as_deref(), Some("hello-x-b2"));
}

#[test]
fn a_source_whose_build_was_stopped_is_built_when_it_comes_back() {
    let (mut function, _) = edited();
    let build = function.status.as_mut().unwrap().build_status.as_mut().unwrap();
    build.completed_at = Some("2026-01-01T00:00:00Z".to_owned());
    let build = started(plan(&function, &Observed::default()));
    assert_eq!(build.number, 2);
    assert_eq!(stopped(&function), None);
}

#[test]
fn a_forced_build_is_not_forgotten_while_it_waits_for_a_place() {
    let mut function = built(function());
    function.spec.build.force_rebuild = true;
    function.metadata.generation = Some(2);
    let full = Observed { running_builds: 2, ..Observed::default() };
    assert!(matches!(plan(&function, &full), Plan::Queued { .. }));
    let status = function.status.as_mut().unwrap();
    status.observed_generation = 2;
    status.conditions = vec![Condition {
        kind: condition::BUILD_READY.to_owned(),
        status: ConditionStatus::Unknown,
        reason: QUEUED.to_owned(),
        message: String::new(),
        last_transition_time: String::new(),
        observed_generation: Some(2),
    }];
    assert!(matches!(plan(&function, &full), Plan::Queued { .. }));
    started(plan(&function, &Observed::default()));
    function.status.as_mut().unwrap().conditions.clear();
    assert!(matches!(plan(&function, &Observed::default()), Plan::Built { .. }), "it is forced once");
}

#[test]
fn a_changed_deploy_input_does_not_build() {
    let mut function = built(function());
    function.spec.scaling.max_replicas = 3;
    assert!(matches!(plan(&function, &Observed::default()), Plan::Built { .. }));
}

#[test]
fn a_job_that_the_ttl_removed_after_its_end_does_not_start_a_rebuild_loop() {
    let observed = Observed { job: None, ..Observed::default() };
    assert!(matches!(plan(&built(function()), &observed), Plan::Built { .. }));
    let failed = with_build(function(), |build| {
        build.completed_at = Some("2026-01-01T00:00:00Z".to_owned());
        build.error =
            Some(BuildError { code: "compile_error".to_owned(), message: String::new(), retryable: false });
    });
    assert_eq!(plan(&failed, &observed), Plan::Ended);
}

#[test]
fn an_edited_spec_of_a_failed_function_is_tried_again() {
    let mut failed =
        with_build(function(), |build| build.completed_at = Some("2026-01-01T00:00:00Z".to_owned()));
    failed.spec.source.inline.as_mut().unwrap().code = "fixed".to_owned();
    assert_eq!(started(plan(&failed, &Observed::default())).number, 2);
}

#[test]
fn a_new_build_request_builds_the_same_source_as_the_next_attempt() {
    let mut function = built(function());
    function.annotations_mut().insert(ANNOTATION_BUILD_REQUEST.to_owned(), "1".to_owned());
    let build = started(plan(&function, &Observed::default()));
    assert_eq!((build.number, build.attempt), (2, 2));
    function.status.as_mut().unwrap().observed_build_request = Some("1".to_owned());
    assert!(matches!(plan(&function, &Observed::default()), Plan::Built { .. }));
}

#[test]
fn going_back_to_the_source_of_the_last_good_image_needs_no_build() {
    let mut function = built(function());
    function.status.as_mut().unwrap().build_status.as_mut().unwrap().source_hash =
        Some("of a failed edit".to_owned());
    assert_eq!(plan(&function, &Observed::default()).image(), Some(IMAGE));
}

#[test]
fn with_all_places_taken_a_function_queues_behind_those_who_wait() {
    let observed = Observed { running_builds: 2, queued_before: 3, ..Observed::default() };
    assert!(matches!(plan(&function(), &observed), Plan::Queued { position: 4, .. }));
    let observed = Observed { running_builds: 1, queued_before: 1, ..Observed::default() };
    assert!(
        matches!(plan(&function(), &observed), Plan::Queued { .. }),
        "the free place is for the one before"
    );
}

#[test]
fn a_job_that_is_gone_before_its_end_is_made_again_and_not_called_cancelled() {
    let function = with_build(function(), |build| build.build_id = build.job_name.clone());
    let decision = decision(&function, &Observed::default());
    let build = started(decision.plan);
    assert_eq!((build.number, build.attempt), (2, 2));
    assert!(decision.superseded.unwrap().why.contains("gone"));
    let often = with_build(function, |build| build.attempt = 5);
    match plan(&often, &Observed::default()) {
        Plan::Failed { error } => assert_eq!((error.code.as_str(), error.retryable), ("internal", true)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_build_that_someone_asked_to_end_is_cancelled_with_its_job_or_without() {
    let mut function = with_build(function(), |build| build.build_id = build.job_name.clone());
    function.annotations_mut().insert(ANNOTATION_CANCELLED_BUILD.to_owned(), "hello-x-b1".to_owned());
    let cancelled = Plan::Cancelled { job: "hello-x-b1".to_owned() };
    assert_eq!(plan(&function, &Observed::default()), cancelled);
    let running = Observed { job: Some(Job::default()), ..Observed::default() };
    assert_eq!(plan(&function, &running), cancelled);
    // It concerns that one build.
    function.annotations_mut().insert(ANNOTATION_CANCELLED_BUILD.to_owned(), "hello-x-b0".to_owned());
    assert_eq!(plan(&function, &running), Plan::Running);
}

#[test]
fn a_build_that_waits_for_its_place_can_be_cancelled_and_the_next_request_builds() {
    let mut function = function();
    let full = Observed { running_builds: 2, ..Observed::default() };
    assert!(matches!(plan(&function, &full), Plan::Queued { .. }));
    let id = BuildId::of(&"hello".parse().unwrap(), "0b7c", 1);
    function.annotations_mut().insert(ANNOTATION_CANCELLED_BUILD.to_owned(), id.to_string());
    let Plan::Withdrawn { build } = plan(&function, &full) else { panic!("it goes on waiting") };
    assert_eq!((build.id, build.number), (id, 1));
    let mut ended = with_build(function, |build| {
        build.job_name = None;
        build.completed_at = Some("2026-01-01T00:00:00Z".to_owned());
        let (code, message) = (CANCELLED.to_owned(), String::new());
        build.error = Some(BuildError { code, message, retryable: true });
    });
    assert_eq!(plan(&ended, &full), Plan::Ended);
    ended.annotations_mut().insert(ANNOTATION_BUILD_REQUEST.to_owned(), "1".to_owned());
    assert_eq!(started(plan(&ended, &Observed::default())).number, 2);
}

#[test]
fn the_deadline_of_the_job_is_a_timeout() {
    let observed = Observed { job: Some(ended("Failed", "DeadlineExceeded")), ..Observed::default() };
    match plan(&with_build(function(), |_| ()), &observed) {
        Plan::Failed { error } => assert_eq!((error.code.as_str(), error.retryable), ("timeout", true)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_failure_is_told_in_the_builders_words() {
    let failure = BuildFailure {
        category: FailureCategory::DependencyError,
        message: "No such package: nope.".to_owned(),
    };
    let report = BuildReport { image: None, digest: None, failure: Some(failure), steps: Vec::new() };
    let observed = Observed {
        job: Some(ended("Failed", "BackoffLimitExceeded")),
        report: Some(report),
        ..Observed::default()
    };
    match plan(&with_build(function(), |_| ()), &observed) {
        Plan::Failed { error } => assert_eq!(error.message, "No such package: nope."),
        other => panic!("{other:?}"),
    }
}
