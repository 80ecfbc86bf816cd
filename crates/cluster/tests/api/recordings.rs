//! The answers of a real API server (`shared/k8s`, beside the repository) replayed against the embedded one.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use cluster::{Config, User, workload};
use oci::{ContainerConfig, ImageConfig, Layout};
use sandbox::{Launcher, Toolchain};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::serving::{Serving, TOKEN};

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
    let folder = tempfile::tempdir().unwrap();
    let config = with_users(Config::new(folder.path(), TOKEN));
    let serving = Serving::start_as(folder, config).await;
    judge(&replay_against(&serving, numbers).await, numbers.len());
    serving.cluster.shutdown().await;
}

/// The users that recordings have beside the administrator.
fn with_users(config: Config) -> Config {
    let user = |name: &str, group: &str| (format!("token of {name}"), User::authenticated(name, &[group]));
    let ((alice, is_alice), (bob, is_bob)) = (user("alice", "devs"), user("bob", "ops"));
    config.with_user(alice, is_alice).with_user(bob, is_bob)
}

/// The same where the Job controller runs, which comes with the node, and where the node has an image.
///
/// These look at what goes on at the same time: on a machine that is busy with other things they may come a moment
/// too early or too late for the state that they expect first, and get a second try, which is printed.
async fn replay_with_node(numbers: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_cluster-node"), ["sandbox-exec"]).await;
    let layout = Layout::open(folder.path().join("layout")).unwrap();
    let shell = ContainerConfig { cmd: vec!["sh".into()], ..ContainerConfig::default() };
    layout.push(ImageConfig::new(shell), &[], Some("busybox:1")).unwrap();
    let node = workload::Config::new(launcher, Toolchain::default(), layout.root());
    let config = with_users(Config::new(folder.path(), TOKEN).with_workload(node));
    let serving = Serving::start_as(folder, config).await;
    for number in numbers {
        for attempt in 1.. {
            let output = replay_against(&serving, &[*number]).await;
            if output.status.success() || attempt == 2 {
                judge(&output, 1);
                break;
            }
            println!("{number} once more:\n{}", String::from_utf8_lossy(&output.stdout));
        }
    }
    serving.cluster.shutdown().await;
}

async fn replay_against(serving: &Serving, numbers: &[&str]) -> Output {
    let tokens = serving.folder().join("tokens");
    let written = json!({"admin": TOKEN, "alice": "token of alice", "bob": "token of bob"});
    std::fs::write(&tokens, written.to_string()).unwrap();
    let (server, shared) = (format!("http://{}", serving.address), shared());
    let compact =
        format!("python3 -c 'import urllib.request as r; r.urlopen(\"{server}/compact\", data=b\"\")'");
    let recordings = serving.folder().join("recordings");
    copy_recordings(&shared.join("recordings"), &recordings);
    let only: Vec<String> = numbers.iter().map(|number| format!("{number}-*")).collect();
    Command::new("python3")
        .arg(shared.join("replay.py"))
        .args(["--server", &server, "--group", "rec.lambda.knative.io", "--compact-cmd", &compact])
        .args(["--only", &only.join(",")])
        .args(["--have", "node", "--tokens"])
        .arg(&tokens)
        .arg(recordings)
        .stdin(Stdio::null())
        .output()
        .await
        .unwrap()
}

/// The recordings as they are, but one. The watch of 64 was opened when its Job ran already, as the state in its first
/// event says; how long that had taken is not in the recording, so the replay asks until it is so. What is expected
/// stays the same.
fn copy_recordings(from: &Path, to: &Path) {
    let _ = std::fs::create_dir(to);
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            // What recordings take from elsewhere.
            let _ = std::os::unix::fs::symlink(entry.path(), to.join(entry.file_name()));
            continue;
        }
        let name = entry.file_name();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let text = if name == "64-node-job-deadline.json" { after_the_start_of_the_job(&text) } else { text };
        std::fs::write(to.join(name), text).unwrap();
    }
}

fn after_the_start_of_the_job(recording: &str) -> String {
    let mut recording: Value = serde_json::from_str(recording).unwrap();
    let steps = recording["steps"].as_array_mut().unwrap();
    let watch = steps.iter().position(|step| step["do"] == "watch").unwrap();
    let first = &steps[watch]["events"][0];
    let wait = json!({
        "do": "wait", "path": "/apis/batch/v1/namespaces/${ns}/jobs/j", "timeout_s": 30,
        "until": {"match": "subset", "body": first["object"]},
    });
    steps.insert(watch, wait);
    recording.to_string()
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
async fn users_roles_reviews_and_impersonation_are_as_recorded() {
    replay(&["50", "51", "52", "53", "54"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn running_jobs_are_as_recorded() {
    replay_with_node(&["61", "63", "64", "65", "74", "75", "76", "77", "78"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn running_pods_and_their_logs_are_as_recorded() {
    replay_with_node(&["62", "66", "67", "70", "71", "72", "73", "79"]).await;
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
