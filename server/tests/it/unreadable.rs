//! What the API can not read at all: every route says so with a problem, in the same form as any other refusal.

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::harness::{TestServer, problem};

/// Method, path with its parts, and parameters of the query.
type Operation = (Method, String, Vec<String>, bool);

async fn operations(server: &TestServer) -> Vec<Operation> {
    let document =
        server.anonymous(Method::GET, "/api/v1/openapi.json").bearer_auth(&server.running().admin_token);
    let document: Value = document.send().await.unwrap().json().await.unwrap();
    let mut found = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, about) in operations.as_object().unwrap() {
            let query = about["parameters"].as_array().unwrap().iter().filter(|one| one["in"] == "query");
            let query = query.map(|one| one["name"].as_str().unwrap().to_owned()).collect();
            let method = method.to_uppercase().parse().unwrap();
            found.push((method, path.clone(), query, about["requestBody"].is_object()));
        }
    }
    found
}

/// A path of what could be there, with one part in the place of `{tenant}`.
fn filled(path: &str, tenant: &str) -> String {
    let path = path.replace("{tenant}", tenant).replace("{position}", "1").replace("{type}", "no.such.type");
    path.split('/')
        .map(|part| if part.starts_with('{') { "nothing" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn every_route_refuses_what_it_can_not_read_with_a_problem() {
    let server = TestServer::start().await;
    let asked = async |method: &Method, path: &str, body: Option<Vec<u8>>| {
        let mut request = server.anonymous(method.clone(), path).bearer_auth(&server.running().admin_token);
        if let Some(body) = body {
            request = request.header(header::CONTENT_TYPE, "application/json").body(body);
        }
        let answer = request.send().await.unwrap();
        let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        (answer.status().as_u16(), kind, answer.text().await.unwrap())
    };
    for (method, path, query, body) in &operations(&server).await {
        if path.contains("{tenant}") {
            let (status, kind, text) = asked(method, &filled(path, "Not%20A%20Tenant"), None).await;
            assert_eq!((status, kind.as_str()), (404, "application/problem+json"), "{method} {path}: {text}");
        }
        for part in ["{function}", "{position}"].iter().filter(|part| path.contains(**part)) {
            let path = filled(&path.replace(*part, "Not%20One"), "default");
            let (status, kind, text) = asked(method, &path, None).await;
            assert_eq!((status, kind.as_str()), (404, "application/problem+json"), "{method} {path}: {text}");
        }
        for (name, wrong) in [("limit", "abc"), ("since", "x"), ("follow", "perhaps")] {
            if query.iter().any(|known| known == name) {
                let path = format!("{}?{name}={wrong}", filled(path, "default"));
                let (status, kind, text) = asked(method, &path, None).await;
                assert_eq!(
                    (status, kind.as_str()),
                    (400, "application/problem+json"),
                    "{method} {path}: {text}"
                );
                assert!(text.contains("bad_query"), "{text}");
            }
        }
        if *body {
            let (status, kind, text) = asked(method, &filled(path, "default"), Some(vec![0xff, 0xfe])).await;
            assert!((400..500).contains(&status), "{method} {path}: {status} {text}");
            assert_eq!(kind, "application/problem+json", "{method} {path}: {text}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_is_too_large_or_no_json_is_refused_with_a_problem() {
    let server = TestServer::start().await;
    let large = vec![b' '; 10 * 1024 * 1024 + 1];
    for path in ["/functions", "/functions/nothing/invoke", "/deadletters/plan", "/events"] {
        let post = server.api(Method::POST, path).header(header::CONTENT_TYPE, "application/json");
        problem(post.body(large.clone()).send().await.unwrap(), 413, "body_too_large").await;
    }
    let plan = || server.api(Method::POST, "/deadletters/plan");
    problem(plan().body("{}").send().await.unwrap(), 415, "not_json").await;
    let json = |text: &'static str| plan().header(header::CONTENT_TYPE, "application/json").body(text).send();
    problem(json("{").await.unwrap(), 400, "not_json").await;
    let refused = problem(json(r#"{"positions": "all"}"#).await.unwrap(), 422, "invalid").await;
    assert_eq!(refused["errors"][0]["field"], "body");
    let text = server.api(Method::POST, "/functions").body(vec![0xff]).send().await.unwrap();
    problem(text, 400, "not_text").await;
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_is_no_text_reaches_the_function_as_it_is() {
    let server = TestServer::start().await;
    let code =
        "def handler(event):\n    return list(event) if isinstance(event, bytes) else type(event).__name__\n";
    server.create_python("raw", code).await;
    server.ready("raw").await;
    let call = server.api(Method::POST, "/functions/raw/invoke");
    let call = call.header(header::CONTENT_TYPE, "application/octet-stream").body(vec![0xff, 0x00, 0xfe]);
    let answer = call.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = answer.json().await.unwrap();
    let told: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(told, json!([255, 0, 254]), "{answer:#}");
    server.stop().await;
}
