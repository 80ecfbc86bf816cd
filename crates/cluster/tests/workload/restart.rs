//! kill -9 of the platform: nothing is left running, and everything goes on with the next one.

use std::process::Stdio;
use std::time::{Duration, Instant};

use cluster::Cluster;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::harness::{Node, config, shell_job, shell_pod};

/// A platform in a process of its own, with `folder` as its data.
async fn platform(folder: &std::path::Path) -> (Child, kube::Client) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cluster-node"))
        .args(["127.0.0.1:0", &folder.display().to_string(), "secret"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("a process");
    let mut lines = BufReader::new(child.stdout.take().expect("output")).lines();
    let address = lines.next_line().await.expect("a line").expect("an address");
    let mut config = kube::Config::new(format!("http://{address}").parse().expect("an address"));
    config.auth_info.token = Some("secret".to_owned().into());
    (child, kube::Client::try_from(config).expect("a client"))
}

fn sleeps(mark: &str) -> bool {
    std::fs::read_dir("/proc").expect("/proc").flatten().any(|entry| {
        let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        line.starts_with(format!("sleep\0{mark}").as_bytes())
    })
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn after_kill_9_no_process_is_left_and_pods_and_jobs_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let mark = format!("91{}", std::process::id());
    let (mut child, client) = platform(folder.path()).await;
    let pods: Api<Pod> = Api::default_namespaced(client.clone());
    let jobs: Api<Job> = Api::default_namespaced(client);
    let mut always = shell_pod("always", &format!("echo up; exec sleep {mark}"));
    always["spec"]["restartPolicy"] = "Always".into();
    let never = shell_pod("never", &format!("exec sleep {mark}"));
    for pod in [always, never] {
        let pod: Pod = serde_json::from_value(pod).unwrap();
        pods.create(&kube::api::PostParams::default(), &pod).await.unwrap();
        let running = kube::runtime::conditions::is_pod_running();
        let name = pod.metadata.name.unwrap();
        kube::runtime::wait::await_condition(pods.clone(), &name, running).await.unwrap();
    }
    let job = shell_job("j", "sleep 0.3; echo done", serde_json::json!({"backoffLimit": 1}));
    jobs.create(&kube::api::PostParams::default(), &serde_json::from_value(job).unwrap()).await.unwrap();
    until("the programs run", || sleeps(&mark)).await;

    child.start_kill().unwrap();
    child.wait().await.unwrap();
    until("nothing is left", || !sleeps(&mark)).await;

    let cluster = cluster::Cluster::start(config(folder.path()).await).await.unwrap();
    let node = Node { cluster, folder };
    let again = |pod: Option<&Pod>| {
        let status = pod.and_then(|pod| pod.status.as_ref()?.container_statuses.as_ref()?.first());
        status.is_some_and(|status| status.restart_count == 1 && status.ready)
    };
    node.pod_when("always", again).await;
    let lost = node.phase("never", "Failed").await;
    let conditions = lost.status.unwrap().conditions.unwrap();
    assert!(conditions.iter().any(|one| one.type_ == "DisruptionTarget" && one.status == "True"));
    node.job_when("j", "Complete").await;
}

#[tokio::test]
async fn a_clean_stop_removed_what_finished_pods_had_printed() {
    let node = Node::start().await;
    let names: Vec<String> = (0..8).map(|number| format!("said-{number}")).collect();
    for name in &names {
        node.create_pod(shell_pod(name, "echo said")).await;
    }
    for name in &names {
        node.phase(name, "Succeeded").await;
    }
    let Node { cluster, folder } = node;
    cluster.shutdown().await;
    drop(cluster);
    let again = Node { cluster: Cluster::start(config(folder.path()).await).await.unwrap(), folder };
    for name in &names {
        assert_eq!(again.log(name).await, "said\n", "{name}");
    }
}
