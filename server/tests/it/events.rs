//! Events at the door and on the timeline.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::harness::{TestServer, problem, python};

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

#[tokio::test]
async fn a_matching_trigger_calls_the_function_and_the_events_life_tells_why_others_did_not() {
    let server = TestServer::start().await;
    for (name, region) in [("europe", "eu"), ("america", "us")] {
        let mut function = python(name, "def handler(event):\n    return event['x']\n");
        function["spec"]["triggers"] = json!([{"filter": {"type": "com.acme.order", "region": region}}]);
        assert_eq!(server.post("/functions", &function).await.status(), StatusCode::CREATED);
    }
    server.ready("europe").await;
    server.ready("america").await;
    let mut order = event("o-1", "com.acme.order");
    order["subject"] = Value::Null;
    order["region"] = json!("eu");
    order["correlationid"] = json!("c-order");
    assert_eq!(server.post_event(&order).await.status(), StatusCode::ACCEPTED);
    let answer = server
        .eventually("/events?kind=response.success&correlation=c-order", |page| page["items"].get(0).cloned())
        .await;
    assert_eq!((&answer["event"]["data"], &answer["function"]), (&json!(1), &json!("europe")));
    let order = server.eventually("/events?kind=com.acme.order", |page| page["items"].get(0).cloned()).await;
    let path = format!("/events/{}/life", order["position"]);
    let life =
        server.eventually(&path, |life| (!life["tries"].as_array()?.is_empty()).then(|| life.clone())).await;
    assert_eq!((&life["tries"][0]["function"], &life["tries"][0]["status"]), (&json!("europe"), &json!(200)));
    assert_eq!(life["answers"][0]["event"]["causationid"], "o-1");
    let triggers = life["triggers"].as_array().unwrap();
    assert_eq!((&triggers[0]["function"], &triggers[0]["fails"]), (&json!("europe"), &Value::Null));
    assert_eq!(triggers[1]["fails"], json!({"attribute": "region", "wanted": "us", "found": "eu"}));
    server.stop().await;
}

#[tokio::test]
async fn commands_are_carried_out_once_and_answered() {
    let server = TestServer::start().await;
    let command = |id: &str, name: &str, data: Value| {
        let mut command = event(id, &format!("io.knative.lambda.command.{name}"));
        command["correlationid"] = json!(format!("c-{id}"));
        command["data"] = data;
        command
    };
    let answer = async |id: &str| {
        let path = format!("/events?correlation=c-{id}&limit=200");
        let is_answer =
            |item: &&Value| item["event"]["type"].as_str().is_some_and(|kind| kind.contains(".response."));
        server.eventually(&path, |page| page["items"].as_array()?.iter().find(is_answer).cloned()).await["event"].clone()
    };
    let spec = python("hello", "def handler(event):\n    return 1\n")["spec"].clone();
    let deploy = command("deploy", "function.deploy", json!({"spec": spec}));
    for _ in 0..2 {
        assert_eq!(server.post_event(&deploy).await.status(), StatusCode::ACCEPTED);
    }
    let done = answer("deploy").await;
    assert_eq!((&done["causationid"], &done["data"]["function"]), (&json!("deploy"), &json!("hello")));
    server.ready("hello").await;
    assert_eq!(server.get("/functions/hello/builds").await["items"].as_array().unwrap().len(), 1);

    server.post_event(&command("again", "build.start", json!({}))).await;
    assert_eq!(answer("again").await["data"]["build"], "asked for");
    server
        .eventually("/functions/hello/builds", |page| (page["items"].as_array()?.len() == 2).then_some(()))
        .await;
    server.post_event(&command("back", "function.rollback", json!({"revision": "hello-00001"}))).await;
    assert_eq!(answer("back").await["data"]["revision"], "hello-00001");
    let traffic = server.get("/functions/hello").await["spec"]["traffic"].clone();
    assert_eq!(traffic, json!([{"revisionName": "hello-00001", "percent": 100}]));

    server.post_event(&command("nowhere", "function.rollback", json!({"revision": "hello-00099"}))).await;
    let refused = answer("nowhere").await;
    assert!(refused["type"].as_str().unwrap().ends_with("response.error"), "{refused:#}");
    assert!(refused["data"]["message"].as_str().unwrap().contains("no such Revision"), "{refused:#}");
    let mut aimless = command("aimless", "build.start", json!({}));
    aimless["subject"] = Value::Null;
    problem(server.post_event(&aimless).await, 422, "invalid").await;
    server.stop().await;
}

#[tokio::test]
async fn schemas_are_served_and_tell_whether_data_fits() {
    let server = TestServer::start().await;
    let admin = |method, path: &str| {
        server.anonymous(method, &format!("/api/v1/schemas{path}")).bearer_auth(&server.running().admin_token)
    };
    let list: Value = admin(Method::GET, "").send().await.unwrap().json().await.unwrap();
    assert!(list["items"].as_array().unwrap().len() >= 17);
    for entry in list["items"].as_array().unwrap() {
        let path = entry["schema"].as_str().unwrap().strip_prefix("/api/v1/schemas").unwrap();
        let schema: Value = admin(Method::GET, path).send().await.unwrap().json().await.unwrap();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{path}");
    }
    let validate = async |data: Value| -> Value {
        let path = "/command.function.rollback/validate";
        admin(Method::POST, path).json(&data).send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(validate(json!({"revision": "hello-00001"})).await["valid"], true);
    let wrong = validate(json!({"revision": 7})).await;
    assert!(
        wrong["reason"].as_str().is_some_and(|why| wrong["valid"] == false && !why.is_empty()),
        "{wrong}"
    );
    problem(admin(Method::GET, "/no.such.type").send().await.unwrap(), 404, "not_found").await;
    server.stop().await;
}

#[tokio::test]
async fn a_schedule_calls_the_function_at_the_full_minute() {
    let server = TestServer::start().await;
    let mut function = python("clock", "def handler(event):\n    return event['who']\n");
    function["spec"]["triggers"] =
        json!([{"schedule": {"cron": "* * * * *", "data": "{\"who\":\"clock\"}"}}]);
    assert_eq!(server.post("/functions", &function).await.status(), StatusCode::CREATED);
    server.ready("clock").await;
    let path = "/events?kind=response.success&function=clock";
    let answer = server.eventually(path, |page| page["items"].get(0).cloned()).await;
    assert_eq!(answer["event"]["data"], "clock");
    let correlation = answer["event"]["correlationid"].as_str().unwrap();
    let asked = server.get(&format!("/events?kind=invoke.async&correlation={correlation}")).await;
    let asked = &asked["items"][0]["event"];
    assert_eq!(asked["source"], "io.knative.lambda/schedule/default/clock");
    assert!(asked["time"].as_str().unwrap().ends_with(":00.000Z"), "{asked:#}");

    let mut wrong = function.clone();
    wrong["spec"]["triggers"] = json!([{"schedule": {"cron": "every day"}}]);
    let refused = server.api(Method::PUT, "/functions/clock").json(&wrong).send().await.unwrap();
    problem(refused, 422, "invalid").await;
    server.stop().await;
}
