//! The recordings of a real Knative Serving replayed against this one, with the node that stands in.
//!
//! 68 is not replayed: it waits for the Deployment below a Revision, and there is none on one machine.

use std::{path::PathBuf, process::Stdio};

use tokio::{net::TcpListener, process::Command};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

use crate::node;

async fn replay(number: &str, needs: &str) {
    let shared = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/k8s");
    let world = node::world_under("kn.example").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    let router = world.cluster.router();
    let _serving = AbortOnDropHandle::new(
        TaskTracker::new().spawn(async move { axum::serve(listener, router).await.unwrap() }),
    );
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "token").unwrap();
    let output = Command::new("python3")
        .arg(shared.join("replay.py"))
        .args(["--server", &server, "--have", needs, "--only", &format!("{number}-*"), "--token-file"])
        .arg(&token)
        .args(["--var", "shell=dev.local/busybox:1", "-v"])
        .arg(shared.join("recordings"))
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(text.lines().any(|line| line.starts_with("ok ")), "{text}\n{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_revision_and_its_repair_are_as_recorded() {
    replay("69", "node,knative").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_as_recorded() {
    replay("80", "knative").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_to_ready_is_as_recorded() {
    replay("81", "knative").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn traffic_is_as_recorded() {
    replay("82", "knative").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_do_not_get_ready_are_as_recorded() {
    replay("83", "knative").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_is_as_recorded() {
    replay("84", "knative").await;
}
