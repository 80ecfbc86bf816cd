//! Functions by the API: create, read, change, delete, and what is refused.

use std::time::{Duration, Instant};

use domain::function::LambdaFunction;
use k8s_openapi::api::core::v1::Event;
use kube::ResourceExt;
use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::harness::{PATIENCE, TestServer, problem, python};

const CODE: &str = "def handler(event):\n    return event\n";

#[tokio::test]
async fn a_manifest_comes_back_as_it_went_in_as_json_and_as_yaml() {
    let server = TestServer::start().await;
    let created = server.create_python("hello", CODE).await;
    assert_eq!(created["spec"]["source"]["inline"]["code"], CODE);
    assert_eq!(created["spec"]["scaling"]["maxReplicas"], 50, "defaults are written out");
    let yaml = server
        .api(Method::GET, "/functions/hello")
        .header(header::ACCEPT, "application/yaml")
        .send()
        .await
        .unwrap();
    assert_eq!(yaml.headers()[header::CONTENT_TYPE], "application/yaml");
    let yaml = yaml.text().await.unwrap().replace("name: hello", "name: again");
    let copied =
        server.api(Method::POST, "/functions").header(header::CONTENT_TYPE, "application/yaml").body(yaml);
    assert_eq!(copied.send().await.unwrap().status(), StatusCode::CREATED);
    let list = server.get("/functions").await;
    let names: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|f| f["metadata"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["again", "hello"]);
    server.stop().await;
}

#[tokio::test]
async fn wrong_manifests_are_refused_by_field() {
    let server = TestServer::start().await;
    let mut wrong = python("hello", CODE);
    wrong["spec"]["env"] = json!([{"name": "1X", "value": "a"}]);
    wrong["spec"]["scaling"] = json!({"minReplicas": 9, "maxReplicas": 1});
    let refused = problem(server.post("/functions", &wrong).await, 422, "invalid").await;
    let fields: Vec<_> =
        refused["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["spec.env[0].name", "spec.scaling.minReplicas"]);
    problem(server.post("/functions", &python("Not-A-Name", CODE)).await, 422, "invalid").await;
    let unknown = server.api(Method::POST, "/functions").body("a: [").send().await.unwrap();
    problem(unknown, 400, "not_yaml").await;
    server.create_python("hello", CODE).await;
    let taken = problem(server.post("/functions", &python("hello", CODE)).await, 422, "invalid").await;
    assert_eq!(taken["errors"][0]["field"], "metadata.name");
    server.stop().await;
}

#[tokio::test]
async fn a_stale_version_is_a_conflict_and_a_patch_changes_one_part() {
    let server = TestServer::start().await;
    let created = server.create_python("hello", CODE).await;
    let patch = server
        .api(Method::PATCH, "/functions/hello")
        .header(header::CONTENT_TYPE, "application/merge-patch+json")
        .body(r#"{"spec":{"env":[{"name":"A","value":"1"}]}}"#);
    let patched: serde_json::Value = patch.send().await.unwrap().json().await.unwrap();
    assert_eq!(patched["spec"]["env"], json!([{"name": "A", "value": "1"}]));
    assert_eq!(patched["spec"]["source"], created["spec"]["source"]);
    let stale = server.api(Method::PUT, "/functions/hello").json(&created).send().await.unwrap();
    problem(stale, 409, "conflict").await;
    server.stop().await;
}

#[tokio::test]
async fn what_belongs_to_another_tenant_looks_as_if_it_were_not_there() {
    let server = TestServer::start().await;
    server.create_python("hello", CODE).await;
    for path in
        ["/functions", "/functions/hello", "/functions/hello/builds", "/functions/hello/logs", "/events"]
    {
        let foreign = format!("/api/v1/tenants/other{path}");
        let response = server.anonymous(Method::GET, &foreign).bearer_auth(&server.running().admin_token);
        problem(response.send().await.unwrap(), 404, "not_found").await;
    }
    problem(server.api(Method::GET, "/functions/nothing").send().await.unwrap(), 404, "not_found").await;
    server.stop().await;
}

#[tokio::test]
async fn functions_are_there_again_after_a_restart() {
    let mut server = TestServer::start().await;
    server.create_python("hello", CODE).await;
    let token = server.running().admin_token.clone();
    server.restart().await;
    assert_eq!(server.running().admin_token, token);
    assert_eq!(server.get("/functions/hello").await["metadata"]["name"], "hello");
    server.stop().await;
}

#[tokio::test]
async fn the_openapi_document_is_served_and_tells_of_every_route() {
    let server = TestServer::start().await;
    let response =
        server.anonymous(Method::GET, "/api/v1/openapi.json").bearer_auth(&server.running().admin_token);
    let document: serde_json::Value = response.send().await.unwrap().json().await.unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let path = path
                .replace("{tenant}", "default")
                .replace("{function}", "nothing")
                .replace("{build}", "nothing");
            let path = path.replace("{position}", "1");
            let method: Method = method.to_uppercase().parse().unwrap();
            let status = server.anonymous(method.clone(), &path).send().await.unwrap().status();
            assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path} is not a route");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_build_of_a_manifest_from_kubectl_has_the_correlation_id_of_its_events() {
    let server = TestServer::start().await;
    let manifest: LambdaFunction =
        serde_json::from_value(python("applied", "def handler(event):\n    return 1\n")).unwrap();
    let functions = kube::Api::<LambdaFunction>::namespaced(server.kubernetes().await, "default");
    functions.create(&kube::api::PostParams::default(), &manifest).await.unwrap();
    server.ready("applied").await;
    let correlation = server
        .eventually("/functions/applied/builds", |page| {
            page["items"][0]["correlationId"].as_str().map(str::to_owned)
        })
        .await;
    let chain = format!("/events?correlation={correlation}");
    let started = "io.knative.lambda.lifecycle.build.started";
    server
        .eventually(&chain, |page| {
            page["items"].as_array()?.iter().find(|i| i["event"]["type"] == started).map(drop)
        })
        .await;
    server.stop().await;
}

#[tokio::test]
async fn kubernetes_events_tell_the_story_of_a_function() {
    let server = TestServer::start().await;
    server.create_python("told", CODE).await;
    server.ready("told").await;
    let put = server.api(Method::PUT, "/functions/told").json(&python("told", "def handler(event:\n")).send();
    assert_eq!(put.await.unwrap().status(), StatusCode::OK);
    let events = kube::Api::<Event>::namespaced(server.kubernetes().await, "default");
    let told = kube::api::ListParams::default()
        .fields("involvedObject.kind=LambdaFunction,involvedObject.name=told");
    let begun = Instant::now();
    loop {
        let mut events = events.list(&told).await.unwrap().items;
        // Named after the number of the event in the function's life.
        events.sort_by_key(|event| event.name_any().rsplit_once('-').unwrap().1.parse::<u64>().unwrap());
        let reasons: Vec<&str> = events.iter().filter_map(|event| event.reason.as_deref()).collect();
        let wanted = [
            "Created",
            "BuildStarted",
            "BuildCompleted",
            "Deployed",
            "Ready",
            "Updated",
            "BuildStarted",
            "BuildFailed",
        ];
        let mut rest = reasons.iter();
        if wanted.iter().all(|one| rest.any(|reason| reason == one)) {
            let failed = events.iter().find(|event| event.reason.as_deref() == Some("BuildFailed")).unwrap();
            assert_eq!(failed.type_.as_deref(), Some("Warning"));
            assert!(failed.message.as_deref().unwrap().contains("main.py"), "{failed:?}");
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{reasons:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_build_that_waits_for_its_place_had_no_address_and_could_not_be_cancelled() {
    let server = TestServer::start_with(&[("concurrent_builds", "0")]).await;
    server.create_python("hello", "def handler(event):\n    return 1\n").await;
    let builds = "/functions/hello/builds";
    let id = server
        .eventually(builds, |page| {
            let build = &page["items"][0];
            (build["state"] == "queued").then(|| build["id"].as_str().unwrap().to_owned())
        })
        .await;
    let address = format!("{builds}/{id}");
    assert_eq!(server.get(&address).await["state"], "queued");
    assert_eq!(server.get(&format!("{address}/log")).await["state"], "waiting");
    let cancel = server.api(Method::DELETE, &address).send().await.unwrap();
    assert_eq!(cancel.status(), StatusCode::ACCEPTED);
    let cancelled =
        server.eventually(&address, |build| (build["state"] == "cancelled").then(|| build.clone()));
    let cancelled = cancelled.await;
    assert_eq!((&cancelled["startedAt"], &cancelled["number"]), (&Value::Null, &json!(1)), "{cancelled:#}");
    // It is over for good; the next one has a number of its own.
    problem(server.api(Method::DELETE, &address).send().await.unwrap(), 409, "build_ended").await;
    assert_eq!(server.post(builds, &json!({})).await.status(), StatusCode::ACCEPTED);
    let next = server.eventually(builds, |page| {
        let build = &page["items"][0];
        (build["state"] == "queued").then(|| build["number"].clone())
    });
    assert_eq!(next.await, 2);
    server.stop().await;
}

#[tokio::test]
async fn an_image_that_the_cluster_would_refuse_is_refused_by_field() {
    let server = TestServer::start().await;
    for (more, field) in [
        (json!({"port": 9090}), "spec.source.image.port"),
        (json!({"tag": "a b"}), "spec.source.image.tag"),
        (json!({"repository": "Acme/x"}), "spec.source.image.repository"),
    ] {
        let mut image = json!({"repository": "example.org/nothing"});
        image.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let manifest = json!({
            "apiVersion": "lambda.knative.io/v1alpha1", "kind": "LambdaFunction",
            "metadata": {"name": "given"}, "spec": {"source": {"type": "image", "image": image}},
        });
        let refused = problem(server.post("/functions", &manifest).await, 422, "invalid").await;
        assert_eq!(refused["errors"][0]["field"], field, "{refused:#}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_log_that_is_followed_is_filtered_as_the_api_tells() {
    let server = TestServer::start().await;
    server.create_python("hello", "def handler(event):\n    return 1\n").await;
    server.ready("hello").await;
    let builds = server.get("/functions/hello/builds").await;
    let log = format!("/functions/hello/builds/{}/log", builds["items"][0]["id"].as_str().unwrap());
    server.eventually(&log, |log| (log["state"] == "ended").then_some(())).await;
    let follow = async |query: &str| {
        let path = format!("{log}?follow=true&{query}");
        server.api(Method::GET, &path).send().await.unwrap().text().await.unwrap()
    };
    let (all, pushed) = (follow("").await, follow("text=Pushed").await);
    assert!(pushed.contains("Pushed") && pushed.lines().count() < all.lines().count(), "{pushed}");
    assert_eq!(follow("level=error").await, "");
    assert!(follow("group=push").await.lines().all(|line| all.contains(line)));
    let refused = server.api(Method::GET, &format!("{log}?follow=true&limit=1")).send().await.unwrap();
    problem(refused, 422, "invalid").await;
    server.stop().await;
}
