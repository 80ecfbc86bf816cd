//! The stream of changes.

use futures::StreamExt;
use reqwest::{Method, Response};
use serde_json::Value;

use crate::harness::TestServer;

const CODE: &str = "def handler(event):\n    return event\n";

async fn connect(server: &TestServer, last: Option<&str>) -> Response {
    connect_to(server, "/live?tenant=default", last).await
}

async fn connect_to(server: &TestServer, path: &str, last: Option<&str>) -> Response {
    let mut request = server.anonymous(Method::GET, path).bearer_auth(&server.running().admin_token);
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response
}

/// The first message that `wanted` takes: its id and data.
async fn until(response: Response, wanted: impl Fn(&Value) -> bool) -> (String, Value) {
    let mut chunks = response.bytes_stream();
    let mut text = String::new();
    loop {
        while let Some((message, rest)) = text.split_once("\n\n").map(|(a, b)| (a.to_owned(), b.to_owned())) {
            text = rest;
            let field = |name: &str| {
                message.lines().find_map(|line| line.strip_prefix(name)).map(|v| v.trim().to_owned())
            };
            if let (Some(id), Some(data)) = (field("id:"), field("data:")) {
                let data: Value = serde_json::from_str(&data).unwrap();
                if wanted(&data) {
                    return (id, data);
                }
            }
        }
        let chunk =
            tokio::time::timeout(crate::harness::PATIENCE, chunks.next()).await.expect("a message in time");
        text.push_str(&String::from_utf8_lossy(&chunk.unwrap().unwrap()));
    }
}

#[tokio::test]
async fn a_stream_tells_of_a_change_and_resumes_where_it_stopped() {
    let server = TestServer::start().await;
    let stream = connect(&server, None).await;
    server.create_python("one", CODE).await;
    let (id, _) = until(stream, |change| change["kind"] == "function" && change["function"] == "one").await;
    server.create_python("two", CODE).await;
    let resumed = connect(&server, Some(&id)).await;
    until(resumed, |change| change["kind"] == "function" && change["function"] == "two").await;
    let forgotten = connect(&server, Some("12")).await;
    let (_, first) = until(forgotten, |_| true).await;
    assert_eq!(first["kind"], "resync");
    server.stop().await;
}

#[tokio::test]
async fn pages_were_told_of_every_line_that_was_printed() {
    let server = TestServer::start().await;
    let stream = connect(&server, None).await;
    server.create_python("chatty", CODE).await;
    server.ready("chatty").await;
    // The lines of its build are there by now; what comes next is the last that the stream has to tell.
    server.create_python("next", CODE).await;
    let kinds = std::cell::RefCell::new(std::collections::HashSet::new());
    until(stream, |change| {
        kinds.borrow_mut().insert(change["kind"].as_str().unwrap_or_default().to_owned());
        change["function"] == "next"
    })
    .await;
    let kinds = kinds.into_inner();
    assert!(kinds.contains("build"), "{kinds:?}");
    assert!(!kinds.contains("log"), "{kinds:?}");
    server.stop().await;
}

#[tokio::test]
async fn administrators_follow_all_tenants_at_once_and_others_may_not() {
    let server = TestServer::start().await;
    let stream = connect_to(&server, "/live", None).await;
    for (role, cookie) in &crate::isolation::people(&server).await {
        let answer = server.by_page(Method::GET, "/live", cookie).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 403, "{}", crate::isolation::people_name(*role));
    }
    crate::isolation::foreign_tenant(&server).await;
    until(stream, |change| change["tenant"] == "foreign").await;
    server.stop().await;
}
