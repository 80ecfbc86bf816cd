//! Archives: taken in, looked through, refused.

use std::io::Write;

use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::harness::{TestServer, problem};

fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, text) in files {
        zip.start_file(*path, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

async fn upload(server: &TestServer, body: Vec<u8>) -> reqwest::Response {
    let put = server.anonymous(Method::PUT, "/t/default/uploads?filename=code.zip");
    put.bearer_auth(&server.running().admin_token).body(body).send().await.unwrap()
}

#[tokio::test]
async fn a_receipt_tells_what_was_found() {
    let server = TestServer::start().await;
    let response =
        upload(&server, zip(&[("main.py", "def handler(event):\n    return 1\n"), ("requirements.txt", "")]))
            .await;
    assert_eq!(response.status(), StatusCode::CREATED);
    let receipt: Value = response.json().await.unwrap();
    assert_eq!(
        (receipt["language"].as_str(), receipt["handler"].as_str()),
        (Some("python"), Some("main.handler"))
    );
    assert_eq!((receipt["filename"].as_str(), receipt["fileCount"].as_i64()), (Some("code.zip"), Some(2)));
    let gone =
        server.anonymous(Method::DELETE, &format!("/t/default/uploads/{}", receipt["id"].as_str().unwrap()));
    let gone = gone.bearer_auth(&server.running().admin_token).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    server.stop().await;
}

#[tokio::test]
async fn a_refused_archive_leaves_nothing_behind() {
    let server = TestServer::start().await;
    problem(upload(&server, b"hello".to_vec()).await, 422, "archive_format").await;
    problem(upload(&server, zip(&[("../main.py", "x")])).await, 422, "archive_traversal").await;
    problem(upload(&server, Vec::new()).await, 422, "archive_empty").await;
    problem(upload(&server, vec![0; 50 * 1024 * 1024 + 1]).await, 413, "archive_too_large").await;
    let files = server.data_files("files/uploads");
    assert_eq!(files, Vec::<String>::new());
    server.stop().await;
}

#[tokio::test]
async fn an_archive_for_a_function_that_is_not_there_is_not_taken() {
    let server = TestServer::start().await;
    let put = server.api(Method::PUT, "/functions/nothing/code").body(zip(&[("main.py", "x")]));
    problem(put.send().await.unwrap(), 404, "not_found").await;
    server.stop().await;
}
