//! The answers of a real API server (`shared/k8s`, beside the repository) replayed against the embedded one.
//!
//! A recording that does not pass yet is in [`NOT_YET`] with the reason; one that passes must not be there.

mod serving;

use std::path::PathBuf;
use std::process::{Output, Stdio};

use serving::{Serving, TOKEN};
use tokio::process::Command;

/// Recordings that differ, and why.
const NOT_YET: &[(&str, &str)] = &[
    ("16-table-core", "waits for a suspended Job's condition; the Job controller runs with the node only"),
    ("47-job-suspend", "the same: here is the API without a node"),
];

fn shared() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/k8s");
    assert!(
        folder.join("replay.py").exists(),
        "the recordings are not there: {} has no replay.py (the folder shared/ belongs beside the repository)",
        folder.display()
    );
    folder
}

/// Replays the recordings that start with these numbers.
async fn replay(numbers: &[&str]) {
    let serving = Serving::start().await;
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

/// Every recording has run, and exactly those differ that are known to.
fn judge(output: &Output, expected: usize) {
    let text = String::from_utf8_lossy(&output.stdout);
    let ran = |line: &&str| line.starts_with("ok ") || line.starts_with("differs ");
    let (mut unexpected, mut count) = (Vec::new(), 0);
    for line in text.lines().filter(ran) {
        count += 1;
        let name = line.split_whitespace().nth(1).unwrap_or_default().trim_end_matches(':');
        let known = NOT_YET.iter().any(|(one, _)| *one == name);
        if line.starts_with("ok ") == known {
            unexpected.push(line);
        }
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(unexpected.is_empty(), "{}\n{errors}", unexpected.join("\n"));
    assert_eq!(count, expected, "recordings did not run:\n{text}\n{errors}");
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
    replay(&["10", "11", "12", "13", "15", "16", "17"]).await;
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
    replay(&["46", "47"]).await;
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
