//! Pods: phases, restarts, deletion, logs, and hostile ones.

use std::time::{Duration, Instant};

use futures::{AsyncBufReadExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::api::{DeleteParams, LogParams};
use serde_json::json;

use crate::harness::{Node, shell_pod};

fn container(pod: &Pod) -> &ContainerStatus {
    &pod.status.as_ref().unwrap().container_statuses.as_ref().unwrap()[0]
}

fn ended(pod: &Pod) -> (i32, String) {
    let state = container(pod).state.as_ref().unwrap().terminated.as_ref().unwrap();
    (state.exit_code, state.reason.clone().unwrap_or_default())
}

#[tokio::test]
async fn a_pod_runs_to_its_end_and_its_log_stays_until_it_is_deleted() {
    let node = Node::start().await;
    node.create_pod(shell_pod("p", "echo hello; echo last > /dev/termination-log; exit 7")).await;
    let pod = node.phase("p", "Failed").await;
    assert_eq!(ended(&pod), (7, "Error".into()));
    let state = container(&pod).state.as_ref().unwrap().terminated.as_ref().unwrap();
    assert_eq!(state.message.as_deref(), Some("last\n"));
    assert_eq!(node.log("p").await, "hello\n");
    node.pods().delete("p", &DeleteParams::default()).await.unwrap();
    node.pod_gone("p").await;
    for folder in ["logs", "pods"] {
        let left = || std::fs::read_dir(node.folder.path().join(folder)).map_or(0, Iterator::count);
        let end = Instant::now() + Duration::from_secs(10);
        while left() > 0 && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(left(), 0, "{folder}");
    }
}

#[tokio::test]
async fn the_file_for_the_last_message_could_fill_the_disk() {
    let node = Node::start().await;
    let mut pod = shell_pod("p", "head -c 5000000 /dev/zero > /dev/termination-log; echo tried; sleep 60");
    pod["spec"]["containers"][0]["resources"] = json!({"limits": {"ephemeral-storage": "1M"}});
    let made = node.create_pod(pod).await;
    node.phase("p", "Running").await;
    let mut log = node
        .pods()
        .log_stream("p", &LogParams { follow: true, ..LogParams::default() })
        .await
        .unwrap()
        .lines();
    // The shell tells of the limit, too, before or after.
    while log.try_next().await.unwrap().expect("the log goes on") != "tried" {}
    let own = node.folder.path().join("pods").join(made.metadata.uid.unwrap());
    let size = std::fs::metadata(own.join("containers/c/termination-log")).unwrap().len();
    assert_eq!(size, 1_000_000);
}

#[tokio::test]
async fn a_crashing_container_is_restarted_at_once_and_then_backs_off() {
    let node = Node::start().await;
    let mut pod = shell_pod("p", "echo run; exit 1");
    pod["spec"]["restartPolicy"] = "Always".into();
    node.create_pod(pod).await;
    let waits = |pod: Option<&Pod>| {
        let state =
            pod.and_then(|pod| pod.status.as_ref()?.container_statuses.as_ref()?.first()?.state.as_ref());
        state.and_then(|state| state.waiting.as_ref()?.reason.as_deref()) == Some("CrashLoopBackOff")
    };
    let pod = node.pod_when("p", waits).await;
    assert_eq!(container(&pod).restart_count, 1);
    let message = container(&pod).state.as_ref().unwrap().waiting.as_ref().unwrap().message.clone().unwrap();
    assert!(message.starts_with("back-off 10s restarting failed container=c pod=p_default("), "{message}");
    let previous = LogParams { previous: true, ..LogParams::default() };
    assert_eq!(node.pods().logs("p", &previous).await.unwrap(), "run\n");
}

#[tokio::test]
async fn a_deleted_pod_is_asked_to_end_and_killed_after_its_grace() {
    let node = Node::start().await;
    node.create_pod(shell_pod(
        "polite",
        "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done",
    ))
    .await;
    node.create_pod(shell_pod("deaf", "trap '' TERM; while :; do sleep 1; done")).await;
    let start = Instant::now();
    for name in ["polite", "deaf"] {
        node.phase(name, "Running").await;
        node.pods().delete(name, &DeleteParams::default()).await.unwrap();
    }
    node.pod_gone("polite").await;
    node.pod_gone("deaf").await;
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_log_is_followed_line_by_line_to_the_end() {
    let node = Node::start().await;
    node.create_pod(shell_pod("p", "for i in 1 2 3 4; do echo line $i; sleep 0.2; done")).await;
    node.phase("p", "Running").await;
    let follow = LogParams { follow: true, ..LogParams::default() };
    let lines = node.pods().log_stream("p", &follow).await.unwrap().lines();
    let lines: Vec<String> = lines.try_collect().await.unwrap();
    assert_eq!(lines, ["line 1", "line 2", "line 3", "line 4"]);
}

#[tokio::test]
async fn init_containers_run_first_and_sidecars_end_last() {
    let node = Node::start().await;
    let mut pod = shell_pod("p", "sleep 0.3; echo main");
    pod["spec"]["initContainers"] = json!([
        {"name": "init", "image": "busybox:1", "command": ["sh", "-c", "echo init"]},
        {"name": "side", "image": "busybox:1", "restartPolicy": "Always",
         "command": ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.05; done"]},
    ]);
    node.create_pod(pod).await;
    let pod = node.phase("p", "Succeeded").await;
    let init = pod.status.as_ref().unwrap().init_container_statuses.as_ref().unwrap();
    let codes: Vec<i32> =
        init.iter().map(|one| one.state.as_ref().unwrap().terminated.as_ref().unwrap().exit_code).collect();
    assert_eq!(codes, [0, 0]);
}

#[tokio::test]
async fn eating_memory_and_forking_without_end_hurt_nobody_else() {
    let node = Node::start().await;
    let mut hungry = shell_pod("hungry", "tail /dev/zero");
    hungry["spec"]["containers"][0]["resources"] = json!({"limits": {"memory": "24Mi"}});
    node.create_pod(hungry).await;
    node.create_pod(shell_pod("bomb", "f() { f | f & }; f; sleep 2")).await;
    node.create_pod(shell_pod("bystander", "echo fine")).await;
    node.phase("bystander", "Succeeded").await;
    let pod = node.phase("hungry", "Failed").await;
    assert_eq!(ended(&pod), (137, "OOMKilled".into()));
    node.pods().delete("bomb", &DeleteParams::default().grace_period(0)).await.unwrap();
    node.pod_gone("bomb").await;
}

#[tokio::test]
async fn printing_without_end_costs_no_more_than_two_log_files() {
    let node = Node::start().await;
    node.create_pod(shell_pod(
        "p",
        "head -c 200000000 /dev/zero | tr '\\0' 'x' | fold -w 200; echo; echo end",
    ))
    .await;
    node.create_pod(shell_pod("q", "echo fine")).await;
    node.phase("q", "Succeeded").await;
    node.phase("p", "Succeeded").await;
    let tail = LogParams { tail_lines: Some(1), ..LogParams::default() };
    assert_eq!(node.pods().logs("p", &tail).await.unwrap(), "end\n");
    let mut size = 0;
    let mut folders = vec![node.folder.path().join("logs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() {
                folders.push(entry.path());
            } else {
                size += metadata.len();
            }
        }
    }
    assert!(size <= 2 * (10 << 20) + 4096, "{size}");
}

#[tokio::test]
async fn the_platform_itself_is_no_image_for_a_users_pod() {
    let node = Node::start().await;
    let mut pod = shell_pod("p", "");
    let container = json!({"name": "c", "image": "knative-lambda:embedded", "args": ["builder"]});
    pod["spec"]["containers"] = json!([container]);
    node.create_pod(pod).await;
    let waits = |pod: Option<&Pod>| {
        let state =
            pod.and_then(|pod| pod.status.as_ref()?.container_statuses.as_ref()?.first()?.state.as_ref());
        state.and_then(|state| state.waiting.as_ref()?.reason.as_deref()) == Some("ErrImagePull")
    };
    node.pod_when("p", waits).await;
}
