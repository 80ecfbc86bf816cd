//! The stream of changes.

use futures::StreamExt;
use reqwest::{Method, Response};
use serde_json::Value;

use crate::harness::TestServer;

const CODE: &str = "def handler(event):\n    return event\n";

async fn connect(server: &TestServer, last: Option<&str>) -> Response {
    let mut request =
        server.anonymous(Method::GET, "/live?tenant=default").bearer_auth(&server.running().admin_token);
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
