//! Images in the platform's own registry, across versions of the platform.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{TestServer, python};

/// The index of the images as a version left it that knew no repositories.
fn forget_repositories(server: &TestServer) -> oci::Layout {
    let folder = server.data_path("images");
    let path = format!("{folder}/index.json");
    let mut index: oci::Index = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for entry in &mut index.manifests {
        entry.annotations.remove(oci::REPOSITORY).expect("the builder says where it is");
    }
    std::fs::write(&path, serde_json::to_vec(&index).unwrap()).unwrap();
    oci::Layout::open(folder).unwrap()
}

async fn image(server: &TestServer) -> String {
    server.ready("tagged").await;
    let function = server.get("/functions/tagged").await;
    function["status"]["buildStatus"]["imageURI"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn images_of_a_version_that_knew_no_repositories_are_served_after_an_upgrade() {
    let mut server = TestServer::start().await;
    let tagged = |answer: u8| -> Value {
        let mut manifest = python("tagged", &format!("def handler(event):\n    return {answer}\n"));
        manifest["spec"]["build"] = json!({"tag": "latest"});
        manifest
    };
    assert_eq!(server.post("/functions", &tagged(1)).await.status(), StatusCode::CREATED);
    let first = image(&server).await;
    let put = server.api(Method::PUT, "/functions/tagged").json(&tagged(2)).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::OK);
    let second = image(&server).await;
    let layout = forget_repositories(&server);
    assert_eq!(layout.resolve(&first).unwrap(), None, "its tag has moved on");

    server.restart().await;
    for image in [&first, &second] {
        assert!(layout.resolve(image).unwrap().is_some(), "a Revision runs {image}");
    }
    assert!(!layout.has_old_entries().unwrap());
    let answer = server.post("/functions/tagged/invoke", &json!({})).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.json::<Value>().await.unwrap()["body"], "2");
    server.stop().await;
}
