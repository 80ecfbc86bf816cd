//! Jobs to their ends.

use serde_json::json;

use crate::harness::{Node, shell_job};

#[tokio::test]
async fn a_job_counts_its_success_once_and_lets_its_pod_go() {
    let node = Node::start().await;
    node.create_job(shell_job("j", "echo done", json!({}))).await;
    let job = node.job_when("j", "Complete").await;
    let status = job.status.unwrap();
    assert_eq!((status.succeeded, status.failed, status.active), (Some(1), None, None));
    let kinds: Vec<_> = status.conditions.unwrap().into_iter().map(|one| one.type_).collect();
    assert_eq!(kinds, ["SuccessCriteriaMet", "Complete"]);
    let pods = node.pods().list(&kube::api::ListParams::default()).await.unwrap();
    assert!(pods.items[0].metadata.finalizers.as_ref().is_none_or(Vec::is_empty));
}

#[tokio::test]
async fn a_job_whose_pod_fails_ends_with_the_reason() {
    let node = Node::start().await;
    node.create_job(shell_job("j", "exit 3", json!({}))).await;
    let status = node.job_when("j", "Failed").await.status.unwrap();
    assert_eq!(status.failed, Some(1));
    let reasons: Vec<_> = status.conditions.unwrap().into_iter().filter_map(|one| one.reason).collect();
    assert_eq!(reasons, ["BackoffLimitExceeded", "BackoffLimitExceeded"]);
}

#[tokio::test]
async fn a_job_over_its_deadline_is_stopped() {
    let node = Node::start().await;
    node.create_job(shell_job("j", "sleep 60", json!({"activeDeadlineSeconds": 1}))).await;
    let status = node.job_when("j", "Failed").await.status.unwrap();
    assert_eq!(status.conditions.unwrap()[0].reason.as_deref(), Some("DeadlineExceeded"));
    assert_eq!(status.terminating, Some(0));
}

#[tokio::test]
async fn an_indexed_job_runs_each_index() {
    let node = Node::start().await;
    let spec = json!({"completions": 4, "parallelism": 2, "completionMode": "Indexed"});
    node.create_job(shell_job("j", "echo $JOB_COMPLETION_INDEX", spec)).await;
    let status = node.job_when("j", "Complete").await.status.unwrap();
    assert_eq!((status.succeeded, status.completed_indexes.as_deref()), (Some(4), Some("0-3")));
}

#[tokio::test]
async fn a_finished_job_goes_when_its_time_is_over() {
    let node = Node::start().await;
    node.create_job(shell_job("j", "true", json!({"ttlSecondsAfterFinished": 0}))).await;
    let gone = kube::runtime::wait::await_condition(node.jobs(), "j", |job: Option<&_>| job.is_none());
    tokio::time::timeout(std::time::Duration::from_secs(30), gone).await.unwrap().unwrap();
}
