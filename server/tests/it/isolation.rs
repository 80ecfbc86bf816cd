//! Every operation of the API as every role, for one's own tenant, one of others, and one that does not
//! exist, against the table below. An operation without a row fails.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::TestServer;

/// Who may.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
pub(crate) enum Least {
    Viewer,
    Developer,
    Owner,
    Admin,
}

use Least::{Admin, Developer, Owner, Viewer};

/// Method and path of each operation, and the least role that it needs.
const TABLE: &[(&str, &str, Least)] = &[
    ("get", "/tenants/{tenant}", Viewer),
    ("put", "/tenants/{tenant}", Owner),
    ("delete", "/tenants/{tenant}", Admin),
    ("post", "/tenants/{tenant}/suspend", Admin),
    ("post", "/tenants/{tenant}/resume", Admin),
    ("get", "/tenants/{tenant}/quota", Viewer),
    ("get", "/tenants/{tenant}/audit", Viewer),
    ("get", "/tenants/{tenant}/functions", Viewer),
    ("post", "/tenants/{tenant}/functions", Developer),
    ("get", "/tenants/{tenant}/functions/{function}", Viewer),
    ("put", "/tenants/{tenant}/functions/{function}", Developer),
    ("patch", "/tenants/{tenant}/functions/{function}", Developer),
    ("delete", "/tenants/{tenant}/functions/{function}", Developer),
    ("get", "/tenants/{tenant}/functions/{function}/revisions", Viewer),
    ("get", "/tenants/{tenant}/functions/{function}/builds", Viewer),
    ("post", "/tenants/{tenant}/functions/{function}/builds", Developer),
    ("get", "/tenants/{tenant}/functions/{function}/builds/{build}", Viewer),
    ("delete", "/tenants/{tenant}/functions/{function}/builds/{build}", Developer),
    ("get", "/tenants/{tenant}/functions/{function}/builds/{build}/log", Viewer),
    ("get", "/tenants/{tenant}/functions/{function}/logs", Viewer),
    ("post", "/tenants/{tenant}/functions/{function}/invoke", Developer),
    ("get", "/tenants/{tenant}/functions/{function}/code", Viewer),
    ("put", "/tenants/{tenant}/functions/{function}/code", Developer),
    ("get", "/tenants/{tenant}/events", Viewer),
    ("post", "/tenants/{tenant}/events", Developer),
    ("get", "/tenants/{tenant}/events/{position}", Viewer),
    ("get", "/tenants/{tenant}/events/{position}/life", Viewer),
    ("get", "/tenants/{tenant}/deadletters", Viewer),
    ("get", "/tenants/{tenant}/deadletters/groups", Viewer),
    ("post", "/tenants/{tenant}/deadletters/plan", Viewer),
    ("post", "/tenants/{tenant}/deadletters/discard", Developer),
    ("get", "/tenants/{tenant}/deadletters/replays", Viewer),
    ("post", "/tenants/{tenant}/deadletters/replays", Developer),
    ("get", "/tenants/{tenant}/deadletters/replays/{replay}", Viewer),
    ("patch", "/tenants/{tenant}/deadletters/replays/{replay}", Developer),
    ("get", "/tenants/{tenant}/deadletters/{position}", Viewer),
    ("delete", "/tenants/{tenant}/deadletters/{position}", Developer),
    ("post", "/tenants/{tenant}/deadletters/{position}/replay", Developer),
];

/// Operations that tell everyone the same.
const PUBLIC: &[(&str, &str)] =
    &[("get", "/schemas"), ("get", "/schemas/{type}"), ("post", "/schemas/{type}/validate")];

/// Operations of the platform itself: they have no tenant in their path.
const PLATFORM: &[(&str, &str)] =
    &[("get", "/tenants"), ("post", "/tenants"), ("get", "/admin/overview"), ("get", "/admin/audit")];

fn body(method: &str, path: &str) -> Option<(&'static str, String)> {
    if method == "get" || method == "delete" {
        return None;
    }
    let json = |value: Value| Some(("application/json", value.to_string()));
    if path.ends_with("/events") {
        let event = json!({"specversion": "1.0", "id": "1", "source": "test", "type": "com.acme.x"});
        return Some(("application/cloudevents+json", event.to_string()));
    }
    if path.ends_with("/code") {
        return Some(("application/octet-stream", "no archive".to_owned()));
    }
    if path.ends_with("/deadletters/discard") {
        return json(json!({"filter": {}, "upto": 1, "count": 1}));
    }
    if path.ends_with("/replays") {
        return json(json!({"filter": {}, "upto": 0}));
    }
    if path.ends_with("/{replay}") {
        return json(json!({"state": "paused"}));
    }
    // Nothing that could be carried out: what is asked is only whether it may be.
    json(json!({}))
}

#[tokio::test]
async fn every_operation_keeps_to_its_row_for_every_role() {
    let server = TestServer::start().await;
    let admin = server.running().admin_token.clone();
    let document: Value = server
        .anonymous(Method::GET, "/api/v1/openapi.json")
        .bearer_auth(&admin)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.strip_prefix("/api/v1").unwrap();
        for method in operations.as_object().unwrap().keys() {
            let known = TABLE.iter().any(|(m, p, _)| m == method && *p == path)
                || PLATFORM.iter().chain(PUBLIC).any(|(m, p)| m == method && *p == path);
            assert!(known, "{method} {path} has no row in this table: who may?");
        }
    }
    foreign_tenant(&server).await;
    let people = people(&server).await;
    for (method, path, least) in TABLE {
        let at = |tenant: &str| {
            let path = path
                .replace("{tenant}", tenant)
                .replace("{function}", "nothing")
                .replace("{build}", "nothing")
                .replace("{replay}", "nothing");
            format!("/api/v1{}", path.replace("{position}", "1"))
        };
        let verb: Method = method.to_uppercase().parse().unwrap();
        let ask = async |cookie: Option<&str>, tenant: &str| {
            let mut request = match cookie {
                Some(cookie) => server.by_page(verb.clone(), &at(tenant), cookie),
                None => server.anonymous(verb.clone(), &at(tenant)),
            };
            if let Some((kind, text)) = body(method, path) {
                request = request.header("content-type", kind).body(text);
            }
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            let mut told: Value = response.json().await.unwrap_or_default();
            if told.is_object() {
                told["correlationId"] = Value::Null;
            }
            (status, told)
        };
        assert_eq!(ask(None, "default").await.0, 401, "{method} {path} without a caller");
        for (role, cookie) in &people {
            let foreign = ask(Some(cookie), "foreign").await;
            assert_eq!(foreign.0, 404, "{method} {path} in a tenant of others: {}", foreign.1);
            assert_eq!(
                foreign,
                ask(Some(cookie), "missing").await,
                "{method} {path}: a foreign tenant shows"
            );
            let own = ask(Some(cookie), "default").await;
            let allowed = role >= least;
            assert_eq!(
                own.0 != 403,
                allowed,
                "{method} {path} as {}: {} {}",
                people_name(*role),
                own.0,
                own.1
            );
            if !allowed {
                assert!(own.1["detail"].as_str().unwrap().contains(people_name(*least)), "{}", own.1);
            }
        }
    }
    for (method, path) in PLATFORM.iter().filter(|(method, path)| (*method, *path) != ("get", "/tenants")) {
        let verb: Method = method.to_uppercase().parse().unwrap();
        for (_, cookie) in &people {
            let request = server.by_page(verb.clone(), &format!("/api/v1{path}"), cookie);
            assert_eq!(
                request.body("{}").send().await.unwrap().status(),
                StatusCode::FORBIDDEN,
                "{method} {path}"
            );
        }
    }
    server.stop().await;
}

/// A tenant that none of the people is in.
pub(crate) async fn foreign_tenant(server: &TestServer) {
    let manifest = json!({
        "apiVersion": "lambda.knative.io/v1alpha1", "kind": "Tenant", "metadata": {"name": "foreign"}, "spec": {},
    });
    let made = server.anonymous(Method::POST, "/api/v1/tenants").bearer_auth(&server.running().admin_token);
    assert_eq!(made.json(&manifest).send().await.unwrap().status(), StatusCode::CREATED);
    let hello = crate::harness::python("hello", "def handler(event):\n    return 1\n");
    let post = server.anonymous(Method::POST, "/api/v1/tenants/foreign/functions");
    let made = post.bearer_auth(&server.running().admin_token).json(&hello).send().await.unwrap();
    assert_eq!(made.status(), StatusCode::CREATED);
}

/// A cookie of each.
pub(crate) async fn people(server: &TestServer) -> [(Least, String); 3] {
    [
        (Viewer, server.sign_in("viewer").await),
        (Developer, server.sign_in("developer").await),
        (Owner, server.sign_in("owner").await),
    ]
}

pub(crate) const fn people_name(role: Least) -> &'static str {
    match role {
        Viewer => "viewer",
        Developer => "developer",
        Owner => "owner",
        Admin => "platform-admin",
    }
}
