//! Sign-in: links, sessions, tokens, and what is refused without them.

use reqwest::{Method, StatusCode};

use crate::harness::{TestServer, problem};

fn cookie(response: &reqwest::Response) -> String {
    let line = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Path=/"), "{line}");
    line.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_signs_in_once_and_says_so_the_second_time() {
    let server = TestServer::start().await;
    let link = server.running().link.clone();
    let first = server.http.get(&link).send().await.unwrap();
    assert_eq!(first.status(), StatusCode::SEE_OTHER);
    let session = cookie(&first);
    let read =
        |session: &str| server.anonymous(Method::GET, "/api/v1/tenants").header("cookie", session.to_owned());
    assert_eq!(read(&session).send().await.unwrap().status(), StatusCode::OK);

    let second = server.http.get(&link).send().await.unwrap();
    assert_eq!(second.headers()["location"], "/signed-out?reason=used");

    let out = server
        .anonymous(Method::POST, "/sign-out")
        .header("cookie", &session)
        .header("sec-fetch-site", "same-origin");
    assert_eq!(out.send().await.unwrap().status(), StatusCode::SEE_OTHER);
    problem(read(&session).send().await.unwrap(), 401, "unauthenticated").await;
    server.stop().await;
}

#[tokio::test]
async fn a_browser_without_a_session_comes_back_to_its_page_after_sign_in() {
    let server = TestServer::start().await;
    let wanted = "/t/default/functions?phase=Failed";
    let sent = server.anonymous(Method::GET, wanted).header("accept", "text/html").send().await.unwrap();
    assert_eq!(sent.headers()["location"], "/signed-out");
    let next = cookie(&sent);
    let signed = server.http.get(&server.running().link).header("cookie", next).send().await.unwrap();
    assert_eq!(signed.headers()["location"], wanted);
    server.stop().await;
}

#[tokio::test]
async fn a_request_that_another_site_caused_changes_nothing() {
    let server = TestServer::start().await;
    let session = cookie(&server.http.get(&server.running().link).send().await.unwrap());
    let delete = |site: &str| {
        server
            .anonymous(Method::DELETE, "/api/v1/tenants/default/functions/hello")
            .header("cookie", session.clone())
            .header("sec-fetch-site", site.to_owned())
    };
    problem(delete("cross-site").send().await.unwrap(), 403, "cross_site").await;
    problem(delete("same-origin").send().await.unwrap(), 404, "not_found").await;
    server.stop().await;
}

#[tokio::test]
async fn nothing_answers_without_a_caller_and_a_wrong_token_is_refused() {
    let server = TestServer::start().await;
    for path in [
        "/api/v1/tenants",
        "/api/v1/tenants/default/functions",
        "/live?tenant=default",
        "/t/default/functions/x/log.txt",
    ] {
        problem(server.anonymous(Method::GET, path).send().await.unwrap(), 401, "unauthenticated").await;
        let wrong = server.anonymous(Method::GET, path).bearer_auth("klt_wrong");
        problem(wrong.send().await.unwrap(), 401, "unauthenticated").await;
    }
    assert_eq!(server.anonymous(Method::GET, "/healthz").send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(server.anonymous(Method::GET, "/readyz").send().await.unwrap().status(), StatusCode::OK);
    server.stop().await;
}

#[tokio::test]
async fn every_answer_has_the_headers_that_browsers_look_at() {
    let server = TestServer::start().await;
    for path in ["/healthz", "/api/v1/tenants", "/nothing"] {
        let response = server.anonymous(Method::GET, path).send().await.unwrap();
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "referrer-policy",
            "cross-origin-opener-policy",
        ] {
            assert!(response.headers().contains_key(name), "{name} of {path}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn an_address_that_does_not_exist_is_refused_with_the_correlation_id_of_the_request() {
    let server = TestServer::start().await;
    problem(server.api(Method::GET, "/nothing").send().await.unwrap(), 404, "not_found").await;
    problem(server.api(Method::PATCH, "/events").send().await.unwrap(), 405, "method_not_allowed").await;
    server.stop().await;
}

#[tokio::test]
async fn what_is_refused_before_a_page_is_a_page_for_people_and_json_for_programs() {
    let server = TestServer::start().await;
    let session = cookie(&server.http.get(&server.running().link).send().await.unwrap());
    let foreign = |accept: &str| {
        server
            .anonymous(Method::POST, "/t/default/new")
            .header("cookie", &session)
            .header("sec-fetch-site", "cross-site")
            .header("accept", accept)
    };
    let page = foreign("text/html,*/*;q=0.8").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::FORBIDDEN);
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let html = page.text().await.unwrap();
    assert!(html.contains("<h1>This request came from another site."), "{html}");
    problem(foreign("*/*").send().await.unwrap(), 403, "cross_site").await;
    server.stop().await;
}
