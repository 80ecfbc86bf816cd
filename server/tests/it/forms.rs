//! Forms of pages as they come without JavaScript, and what their answers show.

use std::io::Write;

use reqwest::{Method, StatusCode, header};
use serde_json::json;

use crate::harness::{TestServer, form, form_token, problem};

const CODE: &str = "def handler(event):\n    return 1\n";

/// A page as this session sees it.
async fn page(server: &TestServer, path: &str, cookie: &str) -> (StatusCode, String) {
    let shown = server.anonymous(Method::GET, path).header("cookie", cookie).header("accept", "text/html");
    let shown = shown.send().await.unwrap();
    (shown.status(), plain(&shown.text().await.unwrap()))
}

/// The cookie of the administrator, who signed in by the first link.
async fn administrator(server: &TestServer) -> String {
    let signed = server.http.get(&server.running().link).send().await.unwrap();
    let cookie = signed.headers()[header::SET_COOKIE].to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Without the marks between texts.
fn plain(html: &str) -> String {
    html.replace("<!>", "")
}

async fn send(
    server: &TestServer,
    path: &str,
    cookie: &str,
    fields: &[(&str, &str)],
) -> (StatusCode, String, String) {
    let token = [("form-token", form_token(cookie))];
    let fields: Vec<(&str, String)> =
        token.into_iter().chain(fields.iter().map(|(name, value)| (*name, (*value).to_owned()))).collect();
    let sent = form(server.by_page(Method::POST, path, cookie), &fields).send().await.unwrap();
    let place = sent.headers().get(header::LOCATION).map(|place| place.to_str().unwrap().to_owned());
    (sent.status(), place.unwrap_or_default(), plain(&sent.text().await.unwrap()))
}

/// The value of a hidden field.
fn hidden(html: &str, name: &str) -> String {
    let tag =
        html.split('<').find(|tag| tag.starts_with("input") && tag.contains(&format!("name=\"{name}\"")));
    let tag = tag.unwrap_or_else(|| panic!("no field {name} in {html}"));
    tag.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_build_that_went_well_can_be_done_again() {
    let server = TestServer::start().await;
    server.create_python("again", CODE).await;
    server.ready("again").await;
    let cookie = administrator(&server).await;
    let build = server
        .eventually("/functions/again/builds", |page| {
            (page["items"][0]["state"] == "completed")
                .then(|| page["items"][0]["id"].as_str().unwrap().to_owned())
        })
        .await;
    let path = format!("/t/default/functions/again/builds/{build}");
    let (_, shown) = page(&server, &path, &cookie).await;
    assert!(shown.contains("Build again") && shown.contains("Builds the present source"), "{shown}");
    let (status, place, _) = send(&server, &path, &cookie, &[("do", "retry")]).await;
    assert_eq!((status, place.contains("created=rebuilt")), (StatusCode::SEE_OTHER, true), "{place}");
    server.stop().await;
}

#[tokio::test]
async fn where_code_comes_from_was_overwritten_by_who_had_not_seen_the_newest() {
    let server = TestServer::start().await;
    let mut manifest = crate::harness::python("placed", CODE);
    let git = |branch: &str| json!({"type": "git", "git": {"url": "https://127.0.0.1/none", "ref": branch}});
    manifest["spec"]["source"] = git("main");
    assert_eq!(server.post("/functions", &manifest).await.status(), StatusCode::CREATED);
    let cookie = administrator(&server).await;
    let path = "/t/default/functions/placed/code";
    let (_, shown) = page(&server, path, &cookie).await;
    assert!(shown.contains("data-draft=\"code:default/placed"), "what is typed is kept");
    let began = hidden(&shown, "version");
    // Somebody else deploys another branch meanwhile.
    manifest["spec"]["source"] = git("theirs");
    let put = server.api(Method::PUT, "/functions/placed").json(&manifest).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::OK);
    let fields = |action: &'static str, version: &str, handler: &'static str| {
        vec![
            ("do", action.to_owned()),
            ("version", version.to_owned()),
            ("kind", "git".to_owned()),
            ("git_url", "https://127.0.0.1/none".to_owned()),
            ("git_ref", "mine".to_owned()),
            ("handler", handler.to_owned()),
        ]
    };
    let deploy = async |fields: &[(&str, String)]| {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        send(&server, path, &cookie, &fields).await
    };
    // A refused form and a trial keep where it began.
    let (status, _, wrong) = deploy(&fields("deploy", &began, "no+handler")).await;
    assert!(status.is_client_error());
    assert_eq!(hidden(&wrong, "version"), began);
    let (status, _, conflict) = deploy(&fields("deploy", &began, "main.handler")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert!(conflict.contains("theirs") && conflict.contains("mine"), "the difference is shown: {conflict}");
    assert_eq!(hidden(&conflict, "version"), began, "plain Deploy is a conflict again");
    let (status, ..) = deploy(&fields("deploy", &hidden(&conflict, "version"), "main.handler")).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let mut forced = fields("force", &began, "main.handler");
    forced.push(("newest", hidden(&conflict, "newest")));
    assert_eq!(deploy(&forced).await.0, StatusCode::SEE_OTHER);
    assert_eq!(server.get("/functions/placed").await["spec"]["source"]["git"]["ref"], "mine");
    server.stop().await;
}

#[tokio::test]
async fn an_archive_without_javascript_is_looked_into_like_any_other() {
    let server = TestServer::start().await;
    let cookie = administrator(&server).await;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, text) in
        [("index.js", "exports.handler = async () => 1;\n"), ("package.json", "{\"name\": \"x\"}")]
    {
        zip.start_file(path, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    let token = form_token(&cookie);
    let fields = [
        ("form-token", token.as_str()),
        ("name", "noded"),
        ("language", "python"),
        ("handler", "main.handler"),
        ("from", "upload"),
        ("do", "upload"),
    ];
    let mut body: Vec<u8> = Vec::new();
    for (name, value) in fields {
        write!(body, "--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").unwrap();
    }
    let head = "content-disposition: form-data; name=\"file\"; filename=\"code.zip\"";
    write!(body, "--edge\r\n{head}\r\ncontent-type: application/zip\r\n\r\n").unwrap();
    body.extend(zip.finish().unwrap().into_inner());
    body.extend(b"\r\n--edge--\r\n");
    let sent = server.by_page(Method::POST, "/t/default/new", &cookie);
    let sent = sent.header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge").body(body);
    let shown = plain(&sent.send().await.unwrap().text().await.unwrap());
    assert!(shown.contains("code.zip: 2 files, Node.js") && shown.contains("index.js ("), "{shown}");
    let chosen = shown.split('<').find(|tag| tag.contains("name=\"language\"") && tag.contains("checked"));
    assert!(chosen.is_some_and(|tag| tag.contains("value=\"nodejs\"")), "{chosen:?}");
    assert!(hidden(&shown, "receipt").contains("index.js"));
    server.stop().await;
}

#[tokio::test]
async fn a_filter_that_can_not_be_read_shows_no_events_and_keeps_what_was_typed() {
    let server = TestServer::start().await;
    server.create_python("hello", CODE).await;
    server.eventually("/events", |page| page["items"][0]["position"].as_i64()).await;
    let cookie = administrator(&server).await;
    let (status, shown) =
        page(&server, "/t/default/events?function=No%20Name&since=yesterday", &cookie).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(shown.contains("value=\"No Name\"") && shown.contains("value=\"yesterday\""), "{shown}");
    assert!(!shown.contains("row-link"), "not all events instead");
    let (_, own) = page(&server, "/t/default/events?type=com.acme.x", &cookie).await;
    assert!(own.contains("<option value=\"com.acme.x\" selected"), "{own}");
    server.stop().await;
}

#[tokio::test]
async fn what_looks_like_a_secret_is_marked_wherever_an_event_is_read() {
    let server = TestServer::start().await;
    let event = json!({
        "specversion": "1.0", "id": "e-1", "source": "/shop", "type": "com.acme.login", "apitoken": "attribute-hush",
        "data": {"user": "ada", "password": "data-hush", "headers": {"authorization": "Bearer header-hush"}},
    });
    assert_eq!(server.post_event(&event).await.status(), StatusCode::ACCEPTED);
    let position = server
        .eventually("/events?kind=com.acme.login", |page| {
            assert!(!page.to_string().contains("hush"), "{page:#}");
            page["items"][0]["position"].as_i64()
        })
        .await;
    let one = server.get(&format!("/events/{position}")).await;
    assert_eq!(
        (&one["event"]["data"]["user"], &one["event"]["data"]["password"]),
        (&json!("ada"), &json!("[redacted]"))
    );
    assert!(!server.get(&format!("/events/{position}/life")).await.to_string().contains("hush"));
    let cookie = administrator(&server).await;
    let (_, shown) = page(&server, &format!("/t/default/events/{position}"), &cookie).await;
    assert!(shown.contains("<mark class=\"redacted\">") && !shown.contains("hush"), "{shown}");
    server.stop().await;
}

#[tokio::test]
async fn words_of_a_refusal_fit_every_way_to_sign_in() {
    let server = TestServer::start().await;
    let refused = server.anonymous(Method::GET, "/api/v1/tenants").send().await.unwrap();
    let refused = problem(refused, 401, "unauthenticated").await;
    assert!(!refused["detail"].as_str().unwrap().contains("link"), "{refused}");
    let ended = server.anonymous(Method::GET, "/t/default/functions").header("cookie", "session=kls_gone");
    let ended = ended.header("accept", "text/html").send().await.unwrap();
    let place = ended.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let (_, shown) = page(&server, &place, "").await;
    assert!(!shown.contains("You were away"), "it may have been ended elsewhere, or after twelve hours");
    server.stop().await;
}

#[test]
fn server_functions_without_the_client_were_called_without_the_pages_token() {
    let api = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/src/api");
    for file in std::fs::read_dir(api).unwrap() {
        let file = file.unwrap().path();
        let text = std::fs::read_to_string(&file).unwrap();
        let (all, with) = (text.matches("#[server(").count(), text.matches("client = Client)").count());
        assert_eq!(all, with, "{}", file.display());
    }
}
