//! What has been answered is still there after kill -9, and after a stop.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use cluster::{Cluster, Config};
use serde_json::{Value, json};

/// The environment variable that turns the test below into the process that is killed.
const FOLDER: &str = "DURABILITY_FOLDER";

fn config_map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}})
}

#[tokio::test]
async fn objects_and_versions_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(Config::new(folder.path(), "t")).await.unwrap();
    let handle = cluster.handle("test");
    let kept = handle.create(config_map("kept")).await.unwrap();
    let gone = handle.create(config_map("gone")).await.unwrap();
    let maps = handle.resource("", "configmaps").unwrap();
    handle.delete(&maps, "default", "gone", &cluster::api::DeleteOptions::default()).await.unwrap();
    let version = handle.registry().version();
    cluster.shutdown().await;
    drop((handle, cluster));

    let cluster = Cluster::start(Config::new(folder.path(), "t")).await.unwrap();
    let handle = cluster.handle("test");
    assert_eq!(handle.get(&maps, "default", "kept").unwrap().object(), kept.object());
    assert!(handle.get(&maps, "default", "gone").is_none());
    let next = handle.create(config_map("next")).await.unwrap();
    assert!(next.version() > version && version > gone.version());
    cluster.shutdown().await;
}

#[tokio::test]
async fn second_cluster_on_the_same_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Cluster::start(Config::new(folder.path(), "t")).await.unwrap();
    let Err(error) = Cluster::start(Config::new(folder.path(), "t")).await else { panic!("it started") };
    assert!(error.to_string().contains("another process is using the registry"), "{error}");
}

#[test]
fn every_answered_write_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = writer(folder.path());
    let mut answered = Vec::new();
    for line in BufReader::new(writer.stdout.take().unwrap()).lines() {
        // The test harness writes lines of its own.
        answered.extend(line.unwrap().strip_prefix("answered ").map(str::to_owned));
        if answered.len() >= 200 {
            break;
        }
    }
    writer.kill().unwrap();
    writer.wait().unwrap();

    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cluster = Cluster::start(Config::new(folder.path(), "t")).await.unwrap();
        let handle = cluster.handle("test");
        let maps = handle.resource("", "configmaps").unwrap();
        let missing: Vec<&String> =
            answered.iter().filter(|name| handle.get(&maps, "default", name).is_none()).collect();
        assert!(answered.len() >= 200 && missing.is_empty(), "{missing:?} of {}", answered.len());
        cluster.shutdown().await;
    });
}

fn writer(folder: &std::path::Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--nocapture", "--exact", "writes_until_it_is_killed"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
#[ignore = "is the process that every_answered_write_survives_kill_9 starts and kills"]
fn writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let cluster = Arc::new(Cluster::start(Config::new(folder, "t")).await.unwrap());
        let writers = (0..8).map(|writer| {
            let handle = cluster.handle("test");
            async move {
                for count in 0.. {
                    let name = format!("w{writer}-{count}");
                    handle.create(config_map(&name)).await.unwrap();
                    println!("answered {name}");
                }
            }
        });
        futures::future::join_all(writers).await;
    });
}
