//! The answers of a real API server (`shared/k8s`, beside the repository) replayed against the embedded one.

mod serving;

use std::path::PathBuf;
use std::process::{Output, Stdio};

use cluster::{Config, workload};
use sandbox::{Launcher, Toolchain};
use serving::{Serving, TOKEN};
use tokio::process::Command;

fn shared() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/k8s");
    assert!(
        folder.join("replay.py").exists(),
        "the recordings are not there: {} has no replay.py (the folder shared/ belongs beside the repository)",
        folder.display()
    );
    folder
}

/// Replays the recordings that start with these numbers, against the API alone.
async fn replay(numbers: &[&str]) {
    replay_against(Serving::start().await, numbers).await;
}

/// The same where the Job controller runs, which comes with the node.
async fn replay_with_node(numbers: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_cluster-node"), ["sandbox-exec"]).await;
    let node = workload::Config::new(launcher, Toolchain::default(), folder.path().join("layout"));
    let config = Config::new(folder.path(), TOKEN).with_workload(node);
    replay_against(Serving::start_as(folder, config).await, numbers).await;
}

async fn replay_against(serving: Serving, numbers: &[&str]) {
    let token = serving.folder().join("token");
    std::fs::write(&token, TOKEN).unwrap();
    let (server, shared) = (format!("http://{}", serving.address), shared());
    let compact =
        format!("python3 -c 'import urllib.request as r; r.urlopen(\"{server}/compact\", data=b\"\")'");
    let only: Vec<String> = numbers.iter().map(|number| format!("{number}-*")).collect();
    let output = Command::new("python3")
        .arg(shared.join("replay.py"))
        .args(["--server", &server, "--group", "rec.lambda.knative.io", "--compact-cmd", &compact])
        .args(["--only", &only.join(",")])
        .arg("--token-file")
        .arg(&token)
        .arg(shared.join("recordings"))
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap();
    judge(&output, numbers.len());
    serving.cluster.shutdown().await;
}

/// Every recording has run, and none differs.
fn judge(output: &Output, expected: usize) {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!text.lines().any(|line| line.starts_with("differs ")), "{text}\n{errors}");
    let passed = text.lines().filter(|line| line.starts_with("ok ")).count();
    assert_eq!(passed, expected, "recordings did not run:\n{text}\n{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn discovery_is_that_of_a_real_server() {
    replay(&["01", "02", "03", "04"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn namespaces_and_core_kinds_behave_as_recorded() {
    replay(&["05", "06", "07", "08", "09"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_as_recorded() {
    replay(&["10", "11", "12", "13", "15", "17"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn updates_and_patches_are_as_recorded() {
    replay(&["18", "19", "20", "21", "26"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_side_apply_is_as_recorded() {
    replay(&["22", "23", "24", "25"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_and_their_objects_are_as_recorded() {
    replay(&["27", "28", "29", "30", "31", "32"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_finalizers_and_dry_runs_are_as_recorded() {
    replay(&["33", "34", "35", "60"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deletion_and_garbage_collection_are_as_recorded() {
    replay(&["36", "37", "38", "39", "40"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watches_are_as_recorded() {
    replay(&["14", "41", "42", "43", "44", "45"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_as_recorded() {
    replay(&["46"]).await;
    replay_with_node(&["16", "47"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quotas_and_limits_are_as_recorded() {
    replay(&["48", "49"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_leases_tokens_and_scale_are_as_recorded() {
    replay(&["55", "56", "57", "58"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_as_recorded() {
    replay(&["59"]).await;
}
