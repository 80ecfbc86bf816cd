//! The audit trail: what stands in it, who sees it, and that a damage is found.

use std::time::Instant;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestServer, problem, python};

#[tokio::test]
async fn every_write_stands_in_the_trail_with_who_what_and_how_it_ended() {
    let server = TestServer::start().await;
    let viewer = server.sign_in("viewer").await;
    server.create_python("hello", "KEY = 'hunter2'\ndef handler(event):\n    return 1\n").await;
    let patch = server
        .api(Method::PATCH, "/functions/hello")
        .header("content-type", "application/merge-patch+json")
        .body(r#"{"spec":{"scaling":{"maxReplicas":7}}}"#);
    assert_eq!(patch.send().await.unwrap().status(), StatusCode::OK);
    let as_viewer = |method: Method, path: &str| server.by_page(method, path, &viewer);
    let denied = as_viewer(Method::POST, "/api/v1/tenants/default/functions").json(&python("x", "x"));
    problem(denied.send().await.unwrap(), 403, "forbidden").await;
    problem(
        as_viewer(Method::GET, "/api/v1/tenants/secret/functions").send().await.unwrap(),
        404,
        "not_found",
    )
    .await;

    let acts = server
        .eventually("/audit?limit=50", |page| {
            let items = page["items"].as_array()?.clone();
            // The denied read of another tenant stands under that tenant.
            (items.len() >= 3).then_some(items)
        })
        .await;
    let find = |action: &str, result: &str| {
        acts.iter()
            .find(|act| act["action"] == action && act["result"] == result)
            .cloned()
            .unwrap_or_else(|| panic!("{action}: {acts:#?}"))
    };
    let created = find("function.create", "success");
    assert_eq!((created["actor"].as_str(), created["object"].as_str()), (Some("local:admin"), Some("hello")));
    assert!(created["address"].as_str().unwrap().starts_with("127."), "{created:#}");
    assert!(!created["correlationId"].as_str().unwrap().is_empty());
    assert!(!created.to_string().contains("hunter2"), "code stands there as its hash");
    let patched = find("function.patch", "success");
    assert_eq!(patched["before"]["spec.scaling.maxReplicas"], 50);
    assert_eq!(patched["after"], json!({"spec.scaling.maxReplicas": 7}));
    let refused = find("function.create", "denied");
    assert_eq!(
        (refused["actor"].as_str(), refused["reason"].as_str()),
        (Some("local:viewer"), Some("forbidden"))
    );

    // Those who are no owners see what they did themselves, and nothing of all tenants.
    let own: Value =
        as_viewer(Method::GET, "/api/v1/tenants/default/audit").send().await.unwrap().json().await.unwrap();
    assert!(own["items"].as_array().unwrap().iter().all(|act| act["actor"] == "local:viewer"), "{own:#}");
    problem(as_viewer(Method::GET, "/api/v1/admin/audit").send().await.unwrap(), 403, "forbidden").await;

    let admin = |path: &str| server.anonymous(Method::GET, path).bearer_auth(&server.running().admin_token);
    let begun = Instant::now();
    loop {
        let all: Value =
            admin("/api/v1/admin/audit?result=denied").send().await.unwrap().json().await.unwrap();
        let foreign = all["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|act| act["tenant"] == "secret" && act["action"] == "access");
        if foreign {
            break;
        }
        assert!(begun.elapsed() < crate::harness::PATIENCE, "{all:#}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let signed: Value =
        admin("/api/v1/admin/audit?action=session").send().await.unwrap().json().await.unwrap();
    assert_eq!(signed["items"][0]["actor"], "local:viewer");
    let csv = admin("/api/v1/admin/audit?format=csv").send().await.unwrap();
    assert!(csv.headers()["content-disposition"].to_str().unwrap().contains("audit.csv"));
    let csv = csv.text().await.unwrap();
    assert!(csv.starts_with("position,at,actor") && csv.contains("\"function.patch\""), "{csv}");
    let verified = server.command(&["audit", "verify"]).await;
    assert!(verified.contains("all whole"), "{verified}");
    server.stop().await;
}
