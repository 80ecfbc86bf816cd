//! The main job: code goes in, is built, answers, and tells every step with one correlation id.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestServer, python};

const FIRST: &str = "def handler(event, context):\n    print('called with', event)\n    return {'version': 1, 'got': event}\n";
const SECOND: &str = "def handler(event, context):\n    return {'version': 2}\n";

async fn invoke(server: &TestServer, name: &str, body: &Value) -> Value {
    let response = server.post(&format!("/functions/{name}/invoke"), body).await;
    assert_eq!(response.status(), StatusCode::OK);
    response.json().await.unwrap()
}

fn kinds(page: &Value) -> BTreeSet<String> {
    let items = page["items"].as_array().cloned().unwrap_or_default();
    let kind =
        |record: &Value| record["event"]["type"].as_str().map(|kind| kind.replace("io.knative.lambda.", ""));
    items.iter().filter_map(kind).collect()
}

#[tokio::test]
async fn code_is_built_runs_is_rebuilt_on_a_change_and_leaves_nothing_behind() {
    let server = TestServer::start().await;
    let created = server.create_python("hello", FIRST).await;
    let correlation =
        created["metadata"]["annotations"]["lambda.knative.io/correlation-id"].as_str().unwrap().to_owned();
    server.ready("hello").await;

    // Its build: state, steps, log.
    let build = server
        .eventually("/functions/hello/builds", |page| {
            let build = page["items"][0].clone();
            (build["state"] == "completed" && !build["report"]["steps"].as_array()?.is_empty())
                .then_some(build)
        })
        .await;
    assert_eq!(
        (build["number"].as_i64(), build["correlationId"].as_str()),
        (Some(1), Some(correlation.as_str()))
    );
    let log = format!("/functions/hello/builds/{}/log", build["id"].as_str().unwrap());
    let lines = server
        .eventually(&log, |page| {
            (page["state"] == "ended").then(|| page["lines"].as_array().unwrap().clone())
        })
        .await;
    let numbers: Vec<_> = lines.iter().map(|line| line["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=lines.len() as u64).collect::<Vec<_>>(), "no gap and no double");
    assert!(!lines.is_empty());

    // It answers, by the API and at the gateway.
    let answer = invoke(&server, "hello", &json!({"a": 1})).await;
    assert_eq!(answer["status"], 200, "{answer:#}");
    assert_eq!(
        serde_json::from_str::<Value>(answer["body"].as_str().unwrap()).unwrap(),
        json!({"version": 1, "got": {"a": 1}})
    );
    let outside = format!("http://{}/default/hello/", server.running().gateway);
    let outside = server.http.post(outside).json(&json!({"b": 2})).send().await.unwrap();
    assert_eq!(outside.json::<Value>().await.unwrap()["got"], json!({"b": 2}));

    // What it printed, and every step with the one id.
    server
        .eventually("/functions/hello/logs?text=called%20with", |page| {
            (page["lines"].as_array()?.len() >= 2).then_some(())
        })
        .await;
    let chain = format!("/events?correlation={correlation}&limit=100");
    let expected = [
        "lifecycle.function.created",
        "lifecycle.build.started",
        "lifecycle.build.completed",
        "lifecycle.service.created",
        "lifecycle.status.updated",
    ];
    server
        .eventually(&chain, |page| expected.iter().all(|kind| kinds(page).contains(*kind)).then_some(()))
        .await;
    let call = format!("/events?correlation={}", answer["correlationId"].as_str().unwrap());
    server.eventually(&call, |page| kinds(page).contains("lifecycle.parser.completed").then_some(())).await;

    // New code is built and takes over.
    let mut changed = python("hello", SECOND);
    changed["metadata"]["annotations"] = json!({});
    let put = server.api(Method::PUT, "/functions/hello").json(&changed).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::OK);
    server.ready("hello").await;
    let answer = invoke(&server, "hello", &json!({})).await;
    assert_eq!(answer["body"].as_str().unwrap().replace(' ', ""), r#"{"version":2}"#);
    let numbers = server
        .eventually("/functions/hello/builds", |page| {
            let builds = page["items"].as_array()?;
            let all = builds.iter().all(|build| build["state"] == "completed");
            all.then(|| builds.iter().map(|build| build["number"].as_i64().unwrap()).collect::<Vec<_>>())
        })
        .await;
    assert_eq!(numbers, [2, 1]);

    // Deleted, it is gone with all that belonged to it.
    let gone = server.api(Method::DELETE, "/functions/hello").send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::ACCEPTED);
    server.eventually("/functions", |list| list["items"].as_array()?.is_empty().then_some(())).await;
    server
        .eventually("/events?kind=lifecycle.function.deleted", |page| {
            (!page["items"].as_array()?.is_empty()).then_some(())
        })
        .await;
    server.stop().await;
}

#[tokio::test]
async fn a_call_by_event_is_answered_by_an_event_with_the_same_id() {
    let server = TestServer::start().await;
    server.create_python("hello", "def handler(event):\n    return {'twice': event['n'] * 2}\n").await;
    server.ready("hello").await;
    let event = |id: &str, data: Value| {
        json!({
            "specversion": "1.0", "id": id, "source": "test", "type": "io.knative.lambda.invoke.async",
            "subject": "default/hello", "correlationid": format!("c-{id}"), "data": data
        })
    };
    let send = |body: Value| {
        let post = server.api(Method::POST, "/events").header("content-type", "application/cloudevents+json");
        post.body(body.to_string()).send()
    };
    assert_eq!(send(event("good", json!({"n": 21}))).await.unwrap().status(), StatusCode::ACCEPTED);
    let answer = server
        .eventually("/events?correlation=c-good", |page| {
            let items = page["items"].as_array()?;
            items
                .iter()
                .map(|record| &record["event"])
                .find(|e| e["type"] == "io.knative.lambda.response.success")
                .cloned()
        })
        .await;
    assert_eq!(
        (answer["data"].clone(), answer["causationid"].as_str()),
        (json!({"twice": 42}), Some("good"))
    );
    server.stop().await;
}

#[tokio::test]
async fn code_that_does_not_compile_fails_with_the_reason_and_a_correction_repairs_it() {
    let server = TestServer::start().await;
    server.create_python("broken", "def handler(event:\n").await;
    let build = server
        .eventually("/functions/broken/builds", |page| {
            let build = page["items"][0].clone();
            (build["state"] == "failed").then_some(build)
        })
        .await;
    assert_eq!(build["report"]["failure"]["category"], "compile_error", "{build:#}");
    let fixed = python("broken", "def handler(event):\n    return 1\n");
    let put = server.api(Method::PUT, "/functions/broken").json(&fixed).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::OK);
    server
        .eventually("/functions/broken", |function| (function["status"]["phase"] == "Ready").then_some(()))
        .await;
    server.stop().await;
}

#[tokio::test]
async fn a_call_whose_caller_left_was_told_as_completed_with_status_0() {
    let server = TestServer::start().await;
    server.create_python("slow", "import time\ndef handler(event):\n    time.sleep(event)\n").await;
    server.ready("slow").await;
    let outside = format!("http://{}/default/slow/", server.running().gateway);
    assert_eq!(server.http.post(&outside).json(&0).send().await.unwrap().status(), StatusCode::OK);
    let left = server.http.post(&outside).json(&60).timeout(std::time::Duration::from_secs(1)).send().await;
    assert!(left.is_err_and(|error| error.is_timeout()));
    let told = server
        .eventually("/events?kind=lifecycle.parser.failed", |page| {
            Some(page["items"].get(0)?["event"]["data"].clone())
        })
        .await;
    assert_eq!((&told["status"], &told["errorType"]), (&json!(499), &json!("CallerGone")));
    server.stop().await;
}

#[tokio::test]
async fn a_call_takes_no_longer_than_its_function_allows() {
    let server = TestServer::start().await;
    let mut manifest = python("patient", "import time\ndef handler(event):\n    time.sleep(event)\n");
    manifest["spec"]["timeoutSeconds"] = json!(1);
    assert_eq!(server.post("/functions", &manifest).await.status(), StatusCode::CREATED);
    server.ready("patient").await;
    let answer = invoke(&server, "patient", &json!(60)).await;
    assert_eq!(answer["status"], 504, "{answer:#}");
    manifest["spec"]["timeoutSeconds"] = json!(601);
    let refused = server.api(Method::PUT, "/functions/patient").json(&manifest).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    server.stop().await;
}
