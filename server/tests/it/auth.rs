//! Sign-in: links, sessions, tokens, and what is refused without them.

use reqwest::{Method, StatusCode};

use crate::harness::{TestServer, form, form_token, problem};

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

    let out = server.by_page(Method::POST, "/sign-out", &session);
    assert_eq!(out.send().await.unwrap().status(), StatusCode::SEE_OTHER);
    problem(read(&session).send().await.unwrap(), 401, "unauthenticated").await;
    server.stop().await;
}

#[tokio::test]
async fn wrong_links_of_one_address_kept_everybody_behind_it_from_signing_in() {
    let server = TestServer::start().await;
    let guess = server.url("/sign-in?token=in_guessed");
    let mut limited = false;
    for _ in 0..100 {
        let answer = server.http.get(&guess).send().await.unwrap();
        limited |= answer.status() == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(limited, "guesses are slowed down");
    let signed = server.http.get(&server.running().link).send().await.unwrap();
    assert_eq!(signed.headers()["location"], "/", "who has a link comes in");
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
    problem(delete("same-origin").send().await.unwrap(), 403, "form_token").await;
    let own = server.by_page(Method::DELETE, "/api/v1/tenants/default/functions/hello", &session);
    problem(own.send().await.unwrap(), 404, "not_found").await;
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

#[tokio::test]
async fn forms_server_functions_and_uploads_without_the_token_of_the_session_change_nothing() {
    let server = TestServer::start().await;
    let session = cookie(&server.http.get(&server.running().link).send().await.unwrap());
    let ask = |path: &str| {
        let ask = server.anonymous(Method::POST, path).header("cookie", session.clone());
        ask.header("sec-fetch-site", "same-origin")
    };
    let fields = |token: &str| {
        [("form-token", token.to_owned()), ("do", "create".to_owned()), ("name", "hello".to_owned())]
    };
    let page = "/t/default/new";
    for token in ["", "guessed", &form_token("session=kls_of_another")] {
        let refused = form(ask(page), &fields(token)).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{token}");
        assert!(refused.text().await.unwrap().contains("This form is of an earlier session."));
    }
    let shown = server.anonymous(Method::GET, page).header("cookie", session.clone());
    let shown = shown.header("accept", "text/html").send().await.unwrap().text().await.unwrap();
    let token = form_token(&session);
    let (forms, tokens) = (shown.matches("<form method=\"post\"").count(), shown.matches(&token).count());
    assert!(forms > 0 && tokens == forms + 1, "one for each form and one for islands: {forms}, {tokens}");
    let taken = form(ask(page), &fields(&token)).send().await.unwrap();
    assert_ne!(taken.status(), StatusCode::FORBIDDEN);

    let call = || ask("/fn/functions/list").json(&serde_json::json!({"tenant": "default", "query": {}}));
    problem(call().send().await.unwrap(), 403, "form_token").await;
    let own = call().header("x-form-token", &token).send().await.unwrap();
    assert_eq!(own.status(), StatusCode::OK, "{}", own.text().await.unwrap());

    let archive = |token: Option<&str>| {
        let file = "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\r\nPK\r\n";
        let field = token.map(|token| {
            format!("--b\r\ncontent-disposition: form-data; name=\"form-token\"\r\n\r\n{token}\r\n")
        });
        let body = field.unwrap_or_default() + file + "--b--\r\n";
        ask("/t/default/uploads").header("content-type", "multipart/form-data; boundary=b").body(body)
    };
    problem(archive(None).send().await.unwrap(), 403, "form_token").await;
    problem(archive(Some("guessed")).send().await.unwrap(), 403, "form_token").await;
    assert_ne!(archive(Some(&token)).send().await.unwrap().status(), StatusCode::FORBIDDEN);
    server.stop().await;
}

#[tokio::test]
async fn a_person_sees_their_sessions_and_ends_those_of_other_browsers() {
    let server = TestServer::start().await;
    let (here, there) = (server.sign_in("developer").await, server.sign_in("developer").await);
    let stranger = server.sign_in("viewer").await;
    let call = async |name: &str, cookie: &str, body: serde_json::Value| {
        let path = format!("/fn/session/{name}");
        server.by_page(Method::POST, &path, cookie).json(&body).send().await.unwrap()
    };
    let list = async |cookie: &str| -> Vec<serde_json::Value> {
        call("list", cookie, serde_json::json!({})).await.json().await.unwrap()
    };
    let open = list(&here).await;
    assert_eq!(open.len(), 2, "{open:#?}");
    assert!(open[0]["facts"]["address"].as_str().unwrap().starts_with("127."));
    let text = serde_json::to_string(&open).unwrap();
    assert!(!text.contains("kls_"), "no secret is shown");
    let page = "/t/default/preferences";
    let shown = server.anonymous(Method::GET, page).header("cookie", &here).header("accept", "text/html");
    assert!(shown.send().await.unwrap().text().await.unwrap().contains("this one"));

    let theirs = list(&stranger).await[0]["key"].clone();
    let foreign = call("end", &here, serde_json::json!({"key": theirs})).await;
    let foreign: serde_json::Value = foreign.json().await.unwrap();
    assert_eq!(foreign["status"], 404, "{foreign:#}");
    let fields = [("form-token", form_token(&here)), ("do", "end-others".to_owned())];
    let ended = form(server.anonymous(Method::POST, page), &fields);
    let ended = ended.header("cookie", &here).header("sec-fetch-site", "same-origin").send().await.unwrap();
    assert_eq!(ended.status(), StatusCode::SEE_OTHER);
    assert_eq!(list(&here).await.len(), 1);
    assert_eq!(list(&stranger).await.len(), 1);
    let gone = server.anonymous(Method::GET, "/api/v1/tenants").header("cookie", &there);
    problem(gone.send().await.unwrap(), 401, "unauthenticated").await;
    server.stop().await;
}
