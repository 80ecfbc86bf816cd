//! From a Service to its answer, and back to zero.

use std::time::Duration;

use axum::{body::Body, extract::Request};
use cluster::knative::{ColdReason, Facts, Outcome, gateway_router};
use http::StatusCode;
use knative::serving::{Revision, Service};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::node::{World, service, text, world};

fn conditions(service: &Service) -> Vec<(String, String, String)> {
    let conditions = service.status.clone().unwrap().conditions;
    conditions.into_iter().map(|c| (c.type_, c.status, c.reason.unwrap_or_default())).collect()
}

fn fast() -> Value {
    json!({"autoscaling.knative.dev/window": "6s"})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_becomes_ready_and_answers() {
    let world = world().await;
    world.create(service("hello", json!({}), &[("ANSWER", "hi")])).await;
    let ready = world.ready("hello").await;
    let status = ready.status.clone().unwrap();
    assert_eq!(status.url.as_deref(), Some("http://hello.default.fn.localhost:3001"));
    assert_eq!(status.latest_ready_revision_name.as_deref(), Some("hello-00001"));
    assert_eq!(status.traffic[0].revision_name.as_deref(), Some("hello-00001"));
    assert_eq!(world.call("hello").await, (StatusCode::OK, "hi".into()));

    let revision = world.revisions().get("hello-00001").await.unwrap();
    let labels = revision.metadata.labels.unwrap();
    assert_eq!(labels["serving.knative.dev/routingState"], "active");
    assert_eq!(labels["serving.knative.dev/service"], "hello");
    let route = world.routes().get("hello").await.unwrap();
    assert_eq!(route.metadata.finalizers, Some(vec!["routes.serving.knative.dev".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_tells_what_happened_to_it() {
    let mut world = world().await;
    world.create(service("hello", json!({}), &[("ANSWER", "hi")])).await;
    world.ready("hello").await;
    let request = Request::builder().header("ce-correlationid", "c-1").body(Body::from("12345")).unwrap();
    let response = world.cluster.activator().handle(request, "default", "hello").await;
    let facts = response.extensions().get::<Facts>().unwrap().clone();
    assert_eq!((&*facts.revision, facts.cold_start), ("hello-00001", None));
    assert_eq!(response.headers()["x-correlation-id"], "c-1");
    text(response).await;
    let call = world.calls.recv().await.unwrap();
    assert_eq!((call.status, call.outcome), (200, Outcome::Answered));
    assert_eq!((call.request_bytes, call.response_bytes), (5, 2));
    assert_eq!((&*call.correlation_id, call.pod.as_deref()), ("c-1", Some(&*facts.pod)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_service_goes_to_zero_stays_ready_and_wakes_for_a_request() {
    let mut world = world().await;
    world.create(service("idle", fast(), &[("ANSWER", "awake")])).await;
    world.ready("idle").await;
    world.pods_when(0).await;
    let at_zero = world
        .revision_when("idle-00001", |r| {
            let status = r.status.clone().unwrap_or_default();
            (status.actual_replicas, status.desired_replicas) == (Some(0), Some(0))
        })
        .await;
    let active = at_zero.status.unwrap().conditions.into_iter().next().unwrap();
    assert_eq!((active.type_.as_str(), active.reason.as_deref()), ("Active", Some("NoTraffic")));
    assert_eq!(active.message.as_deref(), Some("The target is not receiving traffic."));
    assert!(world.services().get("idle").await.unwrap().is_ready());

    assert_eq!(world.call("idle").await, (StatusCode::OK, "awake".into()));
    let call = world.calls.recv().await.unwrap();
    let cold = call.cold_start.unwrap();
    assert_eq!(cold.reason, ColdReason::ScaledToZero);
    assert!(cold.waited <= call.queued);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_template_makes_a_revision_that_takes_the_traffic_when_it_is_ready() {
    let world = world().await;
    world.create(service("web", json!({}), &[("ANSWER", "one")])).await;
    world.ready("web").await;
    let template = service("web", json!({}), &[("ANSWER", "two")])["spec"].clone();
    world.patch("web", json!({"spec": template})).await;
    let ready = world
        .service_when("web", |s| {
            s.is_ready()
                && s.status.as_ref().unwrap().latest_ready_revision_name.as_deref() == Some("web-00002")
        })
        .await;
    assert_eq!(ready.status.unwrap().traffic[0].revision_name.as_deref(), Some("web-00002"));
    assert_eq!(world.call("web").await.1, "two");
    world
        .revision_when("web-00001", |r| {
            r.metadata.labels.as_ref().unwrap()["serving.knative.dev/routingState"] == "reserve"
        })
        .await;

    let split = json!({"spec": {"traffic": [
        {"revisionName": "web-00001", "percent": 50, "tag": "old"}, {"latestRevision": true, "percent": 50}
    ]}});
    world.patch("web", split).await;
    let ready =
        world.service_when("web", |s| s.is_ready() && s.status.as_ref().unwrap().traffic.len() == 2).await;
    let url = ready.status.unwrap().traffic[0].url.clone();
    assert_eq!(url.as_deref(), Some("http://old-web.default.fn.localhost:3001"));
    assert_eq!(world.call("old-web").await.1, "one");
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..60 {
        seen.insert(world.call("web").await.1);
    }
    assert_eq!(seen, ["one".to_owned(), "two".to_owned()].into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_revision_leaves_the_traffic_with_the_last_good_one_and_a_repair_helps() {
    let world = world().await;
    world.create(service("mix", json!({}), &[("ANSWER", "good")])).await;
    world.ready("mix").await;
    world.patch("mix", json!({"spec": service("mix", json!({}), &[("EXIT", "3")])["spec"]})).await;
    let failed =
        world.service_when("mix", |s| s.condition("Ready").is_some_and(knative::Condition::is_false)).await;
    let expected = [
        ("ConfigurationsReady", "False", "RevisionFailed"),
        ("Ready", "False", "RevisionFailed"),
        ("RoutesReady", "True", ""),
    ];
    assert_eq!(conditions(&failed), expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    assert_eq!(
        failed.condition("Ready").unwrap().message.as_deref(),
        Some("Revision \"mix-00002\" failed with message: Container failed with: dying\n.")
    );
    assert_eq!(world.call("mix").await.1, "good");

    world.patch("mix", json!({"spec": service("mix", json!({}), &[("ANSWER", "better")])["spec"]})).await;
    world.service_when("mix", |s| s.is_ready() && s.metadata.generation == Some(3)).await;
    assert_eq!(world.call("mix").await.1, "better");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_revision_that_exits_fails_with_the_reasons_of_knative() {
    let world = world().await;
    let impatient = json!({"serving.knative.dev/progress-deadline": "3s"});
    world.create(service("exits", impatient, &[("EXIT", "3")])).await;
    let failed = world
        .service_when("exits", |s| s.condition("RoutesReady").is_some_and(knative::Condition::is_false))
        .await;
    let expected = [
        ("ConfigurationsReady", "False", "RevisionFailed"),
        ("Ready", "False", "RevisionMissing"),
        ("RoutesReady", "False", "RevisionMissing"),
    ];
    assert_eq!(conditions(&failed), expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())));
    let (status, problem) = world.call("exits").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(problem.contains("function_not_ready") && problem.contains("does not have any ready Revision"));
    // Given up after the progress deadline: nothing is tried again for ever.
    world.pods_when(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_service_takes_everything_with_it() {
    let world = world().await;
    world.create(service("bye", json!({}), &[("ANSWER", "hi")])).await;
    world.ready("bye").await;
    world.services().delete("bye", &Default::default()).await.unwrap();
    world.pods_when(0).await;
    let until_gone = async {
        while !world.revisions().list(&Default::default()).await.unwrap().items.is_empty()
            || !world.routes().list(&Default::default()).await.unwrap().items.is_empty()
            || world.call("bye").await.0 != StatusCode::NOT_FOUND
        {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), until_gone).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn load_beyond_the_limit_of_a_pod_starts_more_pods_and_none_gets_too_much() {
    let world = world().await;
    let mut busy = service("busy", json!({"autoscaling.knative.dev/max-scale": "3"}), &[("DELAY_MS", "300")]);
    busy["spec"]["template"]["spec"]["containerConcurrency"] = json!(2);
    world.create(busy).await;
    world.ready("busy").await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..24 {
        let activator = world.cluster.activator().clone();
        calls.spawn(async move {
            let response = activator.handle(Request::new(Body::empty()), "default", "busy").await;
            response.headers()["x-pod"].to_str().unwrap().to_owned()
        });
    }
    let pods: std::collections::BTreeSet<_> = calls.join_all().await.into_iter().collect();
    assert!((2..=3).contains(&pods.len()), "{pods:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_over_its_time_limit_is_answered_with_504() {
    let mut world = world().await;
    let mut slow = service("slow", json!({}), &[("DELAY_MS", "5000")]);
    slow["spec"]["template"]["spec"]["timeoutSeconds"] = json!(1);
    world.create(slow).await;
    world.ready("slow").await;
    let (status, problem) = world.call("slow").await;
    assert_eq!(status, StatusCode::GATEWAY_TIMEOUT);
    assert!(problem.contains("function_timed_out"));
    assert_eq!(world.calls.recv().await.unwrap().outcome, Outcome::TimedOut);
}

async fn through_gateway(world: &World, request: Request) -> axum::response::Response {
    let router = gateway_router(world.cluster.activator().clone(), "fn.localhost");
    router.oneshot(request).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gateway_routes_by_host_and_by_path_and_keeps_private_cookies() {
    let world = world().await;
    world.create(service("web", json!({}), &[])).await;
    world.ready("web").await;
    let by_host = Request::builder()
        .uri("/echo/a?b=c")
        .header("host", "web.default.fn.localhost:3001")
        .header("cookie", "kl_session=secret; mine=1")
        .body(Body::from("x".repeat(100_000)))
        .unwrap();
    let response = through_gateway(&world, by_host).await;
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().cloned().collect();
    assert_eq!(cookies, ["b=2"]);
    let echo: Value = serde_json::from_str(&text(response).await.1).unwrap();
    assert_eq!(echo["uri"], "/echo/a?b=c");
    assert_eq!(echo["headers"]["cookie"], "mine=1");
    assert_eq!(echo["body"].as_str().unwrap().len(), 100_000);
    assert!(echo["headers"]["x-correlation-id"].is_string());

    let by_path = Request::builder()
        .uri("/default/web/echo?b=c")
        .header("host", "127.0.0.1:3001")
        .body(Body::empty())
        .unwrap();
    let echo: Value = serde_json::from_str(&text(through_gateway(&world, by_path).await).await.1).unwrap();
    assert_eq!(echo["uri"], "/echo?b=c");
    assert_eq!(echo["headers"]["x-forwarded-prefix"], "/default/web");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_function_is_a_problem_with_code_and_id() {
    let world = world().await;
    let request =
        Request::builder().uri("/default/none/").header("host", "localhost").body(Body::empty()).unwrap();
    let response = through_gateway(&world, request).await;
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let id = response.headers()["x-correlation-id"].clone();
    let (status, body) = text(response).await;
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, problem["code"].as_str()), (StatusCode::NOT_FOUND, Some("function_not_found")));
    assert_eq!(problem["correlationId"], id.to_str().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_finds_everything_again() {
    let world = world().await;
    world.create(service("keep", fast(), &[("ANSWER", "still here")])).await;
    let before = world.ready("keep").await;
    let world = world.restart().await;
    assert_eq!(world.call("keep").await, (StatusCode::OK, "still here".into()));
    let after = world.ready("keep").await;
    assert_eq!(
        after.status.unwrap().latest_ready_revision_name,
        before.status.unwrap().latest_ready_revision_name
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_revision_under_its_service_is_made_again() {
    let world = world().await;
    world.create(service("rev", json!({}), &[("ANSWER", "hi")])).await;
    world.ready("rev").await;
    let uid = world.revisions().get("rev-00001").await.unwrap().metadata.uid;
    world.revisions().delete("rev-00001", &Default::default()).await.unwrap();
    let is_ready = |r: &Revision| {
        let conditions = r.status.clone().unwrap_or_default().conditions;
        knative::condition::find(&conditions, "Ready").is_some_and(knative::Condition::is_true)
    };
    world.revision_when("rev-00001", |r| r.metadata.uid != uid && is_ready(r)).await;
    assert_eq!(world.call("rev").await.1, "hi");
}
