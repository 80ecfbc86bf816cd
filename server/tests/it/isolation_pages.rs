//! Every page, server function, stream and file as every role, for one's own tenant, one of others, and one
//! that does not exist, against the tables below. One without a row fails.

use std::path::Path;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{
    harness::TestServer,
    isolation::{Least, foreign_tenant, people, people_name},
};

use Least::{Admin, Developer, Owner, Viewer};

/// Paths of pages, and the least role that sees them.
const PAGES: &[(&str, Least)] = &[
    ("/t/:tenant/functions", Viewer),
    ("/t/:tenant/new", Viewer),
    ("/t/:tenant/functions/:name", Viewer),
    ("/t/:tenant/functions/:name/code", Viewer),
    ("/t/:tenant/functions/:name/builds", Viewer),
    ("/t/:tenant/functions/:name/builds/:build", Viewer),
    ("/t/:tenant/functions/:name/test", Viewer),
    ("/t/:tenant/functions/:name/events", Viewer),
    ("/t/:tenant/functions/:name/logs", Viewer),
    ("/t/:tenant/functions/:name/triggers", Viewer),
    ("/t/:tenant/functions/:name/settings", Viewer),
    ("/t/:tenant/functions/:name/yaml", Viewer),
    ("/t/:tenant/functions/:name/delete", Viewer),
    ("/t/:tenant/events", Viewer),
    ("/t/:tenant/events/:position", Viewer),
    ("/t/:tenant/deadletters", Viewer),
    ("/t/:tenant/deadletters/replay", Viewer),
    ("/t/:tenant/deadletters/discard", Viewer),
    ("/t/:tenant/deadletters/replays/:id", Viewer),
    ("/t/:tenant/deadletters/:position", Viewer),
    ("/t/:tenant/deadletters/:position/edit", Viewer),
    ("/t/:tenant/members", Viewer),
    ("/t/:tenant/audit", Viewer),
    ("/admin", Admin),
    ("/admin/audit", Admin),
];

/// Pages that show a person what is their own, or nothing of anyone.
const OWN_PAGES: &[&str] =
    &["/signed-out", "/t/:tenant/preferences", "/t/:tenant/events/types", "/t/:tenant/events/types/:type"];

/// Pages of something that only a fault makes: asked for what is not there, they still tell who may.
const OF_FAULTS: &[&str] = &[
    "/t/:tenant/deadletters/replays/:id",
    "/t/:tenant/deadletters/:position",
    "/t/:tenant/deadletters/:position/edit",
];

/// Server functions, the least role that each needs, and what it is called with.
const FUNCTIONS: &[(&str, Least, &str)] = &[
    ("builds/list", Viewer, r#"{"name":"hello"}"#),
    ("builds/get", Viewer, r#"{"id":"nothing"}"#),
    ("builds/retry", Developer, r#"{"id":"nothing"}"#),
    ("builds/cancel", Developer, r#"{"id":"nothing"}"#),
    ("events/list", Viewer, r#"{"filter":{}}"#),
    ("events/overview", Viewer, r#"{"filter":{}}"#),
    ("events/get", Viewer, r#"{"position":1}"#),
    ("events/chain", Viewer, r#"{"correlation":"none"}"#),
    (
        "events/publish",
        Developer,
        r#"{"event":{"specversion":"1.0","id":"1","source":"t","type":"com.acme.x"}}"#,
    ),
    ("events/life", Viewer, r#"{"position":1}"#),
    ("events/capture", Developer, r#"{"position":1,"function":"no-such","title":"t","name":"t"}"#),
    ("deadletters/badge", Viewer, "{}"),
    ("deadletters/list", Viewer, r#"{"filter":{}}"#),
    ("deadletters/groups", Viewer, r#"{"filter":{}}"#),
    ("deadletters/get", Viewer, r#"{"position":1}"#),
    (
        "deadletters/lineage",
        Viewer,
        r#"{"event":{"specversion":"1.0","id":"1","source":"t","type":"com.acme.x"}}"#,
    ),
    ("deadletters/replay", Developer, r#"{"position":1}"#),
    ("deadletters/plan", Viewer, r#"{"filter":{}}"#),
    ("deadletters/replays/start", Developer, r#"{"asked":{"filter":{},"upto":0}}"#),
    ("deadletters/replays/list", Viewer, "{}"),
    ("deadletters/replays/get", Viewer, r#"{"id":"nothing"}"#),
    ("deadletters/replays/set", Developer, r#"{"id":"nothing","state":"paused"}"#),
    ("deadletters/discard", Developer, r#"{"filter":{},"upto":1,"count":1}"#),
    ("functions/list", Viewer, r#"{"query":{}}"#),
    ("functions/counts", Viewer, "{}"),
    ("functions/get", Viewer, r#"{"name":"hello"}"#),
    ("functions/check-name", Viewer, r#"{"text":"hello"}"#),
    ("functions/create", Developer, NEW),
    ("functions/delete", Developer, r#"{"name":"no-such"}"#),
    ("functions/source", Viewer, r#"{"name":"hello"}"#),
    (
        "functions/deploy",
        Developer,
        r#"{"name":"no-such","deploy":{"handler":"main.handler","code":{"from":"upload","upload":"x"}}}"#,
    ),
    ("functions/settings", Developer, SETTINGS),
    ("functions/yaml", Viewer, r#"{"name":"hello"}"#),
    ("functions/apply", Developer, r#"{"text":"{}"}"#),
    ("functions/preview-new", Viewer, NEW),
    ("functions/preflight", Viewer, NEW),
    ("functions/source-secrets", Developer, "{}"),
    (
        "functions/test-source",
        Developer,
        r#"{"source":{"type":"git","git":{"url":"https://127.0.0.1/x","ref":"main"}}}"#,
    ),
    ("functions/preflight-of", Viewer, SETTINGS),
    ("functions/manifest-form", Viewer, r#"{"text":"{}"}"#),
    ("functions/preview-settings", Viewer, SETTINGS),
    (
        "invocations/invoke",
        Developer,
        r#"{"name":"no-such","request":{"body":"","contentType":"application/json","method":"POST","path":"/"}}"#,
    ),
    ("invocations/tests", Viewer, r#"{"name":"hello"}"#),
    (
        "invocations/save-test",
        Developer,
        r#"{"name":"no-such","title":"t","request":{"body":"","contentType":"application/json","method":"POST","path":"/"}}"#,
    ),
    ("invocations/delete-test", Developer, r#"{"name":"no-such","title":"t"}"#),
    ("logs/read", Viewer, r#"{"target":{"of":"function","name":"hello"},"query":{}}"#),
    ("logs/call", Viewer, r#"{"name":"hello","correlation":"none"}"#),
    ("session/search", Viewer, r#"{"text":"hel"}"#),
    ("tenants/summary", Viewer, "{}"),
    ("tenants/members", Viewer, "{}"),
    ("tenants/set-members", Owner, r#"{"form":{"version":"0","members":[]}}"#),
    ("tenants/test-access", Owner, r#"{"name":"local:viewer","groups":[]}"#),
    ("tenants/quota", Viewer, "{}"),
    ("tenants/audit", Viewer, r#"{"filter":{"tenant":"{tenant}"}}"#),
    ("triggers/list", Viewer, r#"{"name":"hello"}"#),
    ("triggers/explain", Viewer, r#"{"schedule":{"cron":"0 8 * * 1-5"}}"#),
    ("triggers/test", Viewer, r#"{"name":"hello","filter":{"type":"com.acme.x"}}"#),
    ("triggers/add", Developer, r#"{"name":"no-such","trigger":{"filter":{"type":"com.acme.x"}}}"#),
    ("triggers/remove", Developer, r#"{"name":"no-such","trigger":{"filter":{"type":"com.acme.x"}}}"#),
    ("admin/overview", Admin, r#"{"query":{}}"#),
    ("admin/create-tenant", Admin, r#"{"text":"{}"}"#),
    ("admin/suspend", Admin, r#"{"suspended":true}"#),
];

const NEW: &str = r#"{"new":{"name":"Not A Name","language":"python","handler":"main.handler","code":{"from":"inline","code":"x"}}}"#;
const SETTINGS: &str = r#"{"name":"no-such","form":{"version":"1","env":[],"secrets":[],"scaling":{},"resources":{},"timeoutSeconds":300,"buildTimeout":"5m","traffic":[]}}"#;

/// Server functions about the caller alone.
const OWN_FUNCTIONS: &[&str] = &[
    "functions/runtimes",
    "schemas/get",
    "schemas/check",
    "session/tenants",
    "session/list",
    "session/end",
    "session/end-others",
    "views/list",
    "views/save",
    "views/forget",
    "views/columns",
    "views/leave-out",
];

/// Streams, and files that go up and down.
const FILES: &[(&str, &str, Least)] = &[
    ("GET", "/live", Viewer),
    ("GET", "/t/{tenant}/builds/{id}/log/stream", Viewer),
    ("GET", "/t/{tenant}/functions/{function}/log/stream", Viewer),
    ("GET", "/t/{tenant}/builds/{id}/log.txt", Viewer),
    ("GET", "/t/{tenant}/functions/{function}/log.txt", Viewer),
    ("GET", "/t/{tenant}/functions/{function}/download", Viewer),
    ("POST", "/t/{tenant}/uploads", Developer),
    ("DELETE", "/t/{tenant}/uploads/{id}", Developer),
];

/// Words between `before` and the next quote, in a file of the repository.
fn quoted(file: &str, before: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = std::fs::read_to_string(path).unwrap();
    let parts = text.split(before).skip(1);
    parts.filter_map(|rest| rest.split_once('"').map(|(word, _)| word.to_owned())).collect()
}

/// A page without what differs from request to request: long ids, and the tenant's name.
fn comparable(page: &str, tenant: &str) -> String {
    let main = page.split_once("<main").map_or(page, |(_, main)| main);
    let main = main.split_once("</main>").map_or(main, |(main, _)| main);
    let words = main.split(|c: char| !c.is_ascii_alphanumeric());
    let ids = words.filter(|word| word.len() >= 32);
    let main = ids.fold(main.to_owned(), |main, id| main.replace(id, "ID"));
    main.replace(tenant, "TENANT")
}

#[test]
fn no_page_server_function_or_stream_is_without_a_row() {
    for page in quoted("app/src/app.rs", "path!(\"") {
        let known = PAGES.iter().any(|(path, _)| *path == page) || OWN_PAGES.contains(&page.as_str());
        assert!(known, "the page {page} has no row in this table: who may?");
    }
    let api = Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/src/api");
    for file in std::fs::read_dir(api).unwrap() {
        let file = format!("app/src/api/{}", file.unwrap().file_name().to_str().unwrap());
        for name in quoted(&file, "endpoint = \"") {
            let known = FUNCTIONS.iter().any(|row| row.0 == name) || OWN_FUNCTIONS.contains(&name.as_str());
            assert!(known, "the server function {name} has no row in this table: who may?");
        }
    }
    for file in ["server/src/live.rs", "server/src/uploads.rs", "server/src/rest/logs.rs"] {
        for path in quoted(file, ".route(\"") {
            assert!(FILES.iter().any(|row| row.1 == path), "{path} has no row in this table: who may?");
        }
    }
}

#[tokio::test]
async fn every_page_keeps_to_its_row_for_every_role() {
    let server = TestServer::start().await;
    server.create_python("hello", "def handler(event):\n    return 1\n").await;
    foreign_tenant(&server).await;
    let build = server
        .eventually("/functions/hello/builds", |page| page["items"][0]["id"].as_str().map(str::to_owned))
        .await;
    let position = server.eventually("/events", |page| page["items"][0]["position"].as_i64()).await;
    for (role, cookie) in &people(&server).await {
        for (page, least) in PAGES {
            let ask = async |tenant: &str| {
                let path = page.replace(":tenant", tenant).replace(":name", "hello");
                let path = path
                    .replace(":id", "nothing")
                    .replace(":build", &build)
                    .replace(":position", &position.to_string());
                let shown = server.anonymous(Method::GET, &path).header("cookie", cookie.to_owned());
                let shown = shown.header("accept", "text/html").send().await.unwrap();
                (shown.status().as_u16(), comparable(&shown.text().await.unwrap(), tenant))
            };
            let who = people_name(*role);
            let own = ask("default").await;
            let expected = match (role >= least, OF_FAULTS.contains(page)) {
                (true, false) => 200,
                (true, true) => 404,
                (false, _) => 403,
            };
            assert_eq!(own.0, expected, "{page} as {who}: {}", own.1);
            if page.contains(":tenant") {
                let foreign = ask("foreign").await;
                assert_eq!(foreign.0, 404, "{page} of others as {who}");
                assert_eq!(foreign, ask("missing").await, "{page}: a foreign tenant shows");
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn every_server_function_keeps_to_its_row_for_every_role() {
    let server = TestServer::start().await;
    foreign_tenant(&server).await;
    for (role, cookie) in &people(&server).await {
        for (name, least, body) in FUNCTIONS {
            let ask = async |cookie: Option<&str>, tenant: &str| {
                let path = format!("/fn/{name}");
                let mut body: Value = serde_json::from_str(&body.replace("{tenant}", tenant)).unwrap();
                if *name != "tenants/audit" {
                    body["tenant"] = json!(tenant);
                }
                let request = match cookie {
                    Some(cookie) => server.by_page(Method::POST, &path, cookie),
                    None => server.anonymous(Method::POST, &path),
                };
                let answer = request.json(&body).send().await.unwrap();
                let failed = !answer.status().is_success();
                let mut told: Value = answer.json().await.unwrap_or_default();
                let status = if failed { told["status"].as_u64() } else { Some(200) };
                if failed {
                    told["correlationId"] = Value::Null;
                }
                (status, told)
            };
            let who = people_name(*role);
            assert_eq!(ask(None, "default").await.0, Some(401), "{name} without a caller");
            let own = ask(Some(cookie), "default").await;
            assert_ne!(own.0, Some(400), "{name} could not read what it was called with: {}", own.1);
            assert_eq!(own.0 != Some(403), role >= least, "{name} as {who}: {}", own.1);
            if *least != Admin {
                let foreign = ask(Some(cookie), "foreign").await;
                assert_eq!(foreign.0, Some(404), "{name} in a tenant of others: {}", foreign.1);
                assert_eq!(foreign, ask(Some(cookie), "missing").await, "{name}: a foreign tenant shows");
            }
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn every_stream_and_file_keeps_to_its_row_for_every_role() {
    let server = TestServer::start().await;
    server.create_python("hello", "def handler(event):\n    return 1\n").await;
    foreign_tenant(&server).await;
    let build = server
        .eventually("/functions/hello/builds", |page| page["items"][0]["id"].as_str().map(str::to_owned))
        .await;
    for (role, cookie) in &people(&server).await {
        for (method, path, least) in FILES {
            // The head of an answer is enough: streams do not end.
            let ask = async |tenant: &str| {
                let at = path.replace("{tenant}", tenant).replace("{function}", "hello");
                let at = at.replace("{id}", &build);
                let at = if *path == "/live" { format!("/live?tenant={tenant}") } else { at };
                let request = server.by_page(method.parse().unwrap(), &at, cookie);
                request.body("no archive").send().await.unwrap().status()
            };
            let who = people_name(*role);
            let own = ask("default").await;
            assert_eq!(own != StatusCode::FORBIDDEN, role >= least, "{method} {path} as {who}: {own}");
            if *method == "GET" {
                assert_eq!(own, StatusCode::OK, "{method} {path} as {who}");
            }
            for tenant in ["foreign", "missing"] {
                assert_eq!(ask(tenant).await, StatusCode::NOT_FOUND, "{method} {path} in {tenant} as {who}");
            }
        }
    }
    server.stop().await;
}
