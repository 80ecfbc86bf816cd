//! Events at the door and on the timeline.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::harness::{TestServer, problem};

fn event(id: &str, kind: &str) -> Value {
    json!({"specversion": "1.0", "id": id, "source": "test", "type": kind, "subject": "default/hello", "data": {"x": 1}})
}

async fn send(server: &TestServer, body: &Value) -> reqwest::Response {
    let post = server.anonymous(Method::POST, "/events").bearer_auth(&server.running().admin_token);
    post.header(header::CONTENT_TYPE, "application/cloudevents+json")
        .body(body.to_string())
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn an_accepted_event_is_on_the_timeline_once() {
    let server = TestServer::start().await;
    for _ in 0..2 {
        assert_eq!(send(&server, &event("e-1", "com.acme.order")).await.status(), StatusCode::ACCEPTED);
    }
    assert_eq!(send(&server, &event("e-2", "com.acme.order")).await.status(), StatusCode::ACCEPTED);
    let items = server
        .eventually("/events?kind=com.acme.order", |page| {
            let items = page["items"].as_array()?.clone();
            (items.len() >= 2).then_some(items)
        })
        .await;
    assert_eq!(items.len(), 2, "the same event twice is one event");
    assert!(!items[0]["event"]["correlationid"].as_str().unwrap().is_empty());
    let one = server.get(&format!("/events/{}", items[0]["position"])).await;
    assert_eq!(one, items[0]);
    server.stop().await;
}

#[tokio::test]
async fn events_that_can_not_be_accepted_are_refused_with_the_reason() {
    let server = TestServer::start().await;
    let refused = async |body: Value| {
        problem(send(&server, &body).await, 422, "invalid").await["errors"][0]["field"].clone()
    };
    let mut other = event("1", "com.acme.x");
    other["subject"] = json!("elsewhere/hello");
    problem(send(&server, &other).await, 404, "not_found").await;
    assert_eq!(refused(event("1", "io.knative.lambda.no.such.type")).await, "type");
    let mut command = event("1", "io.knative.lambda.command.function.rollback");
    command["data"] = json!({});
    assert_eq!(refused(command).await, "data");
    assert_eq!(refused(event("1", "io.knative.lambda.invoke.async")).await, "subject");
    let plain =
        server.anonymous(Method::POST, "/events").bearer_auth(&server.running().admin_token).json(&json!({}));
    problem(plain.send().await.unwrap(), 415, "not_a_cloudevent").await;
    server.stop().await;
}

#[tokio::test]
async fn the_platforms_own_sources_and_types_are_closed_to_users() {
    let server = TestServer::start().await;
    let mut forged = event("1", "com.acme.x");
    forged["source"] = json!("io.knative.lambda/operator/default/hello");
    problem(send(&server, &forged).await, 403, "event_source_reserved").await;
    problem(send_batch(&server, &json!([forged])).await, 403, "event_source_reserved").await;
    let lifecycle = event("3", "io.knative.lambda.lifecycle.build.completed");
    problem(send(&server, &lifecycle).await, 403, "event_type_reserved").await;
    server.stop().await;
}

#[tokio::test]
async fn a_refused_event_does_not_hold_up_the_rest_of_its_batch() {
    let server = TestServer::start().await;
    let mut elsewhere = event("b-2", "com.acme.batch");
    elsewhere["subject"] = json!("elsewhere/hello");
    let batch = json!([event("b-1", "com.acme.batch"), elsewhere, event("b-3", "com.acme.batch")]);
    let answer = send_batch(&server, &batch).await;
    assert_eq!(answer.status(), StatusCode::MULTI_STATUS);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["accepted"].as_array().unwrap().len(), 2);
    let refused = &answer["refused"][0];
    assert_eq!((&refused["index"], &refused["id"]), (&json!(1), &json!("b-2")));
    assert_eq!(refused["problem"]["errors"][0]["field"], "subject");
    server
        .eventually("/events?kind=com.acme.batch", |page| {
            (page["items"].as_array()?.len() == 2).then_some(())
        })
        .await;
    server.stop().await;
}

async fn send_batch(server: &TestServer, batch: &Value) -> reqwest::Response {
    let post = server
        .api(Method::POST, "/events")
        .header(header::CONTENT_TYPE, "application/cloudevents-batch+json");
    post.body(batch.to_string()).send().await.unwrap()
}

#[tokio::test]
async fn a_tenant_that_sends_too_fast_is_slowed_down() {
    let server = TestServer::start().await;
    let mut refused = None;
    for number in 0..400 {
        let response = send(&server, &event(&format!("r-{number}"), "com.acme.fast")).await;
        if response.status() == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(response);
            break;
        }
    }
    let refused = refused.expect("400 events at once are more than 100 and 50 a second");
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
    problem(refused, 429, "rate_limited").await;
    server.stop().await;
}
