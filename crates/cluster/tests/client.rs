//! `kube::Client` on a cluster in the same process: the port through which everything else speaks to Kubernetes.

use std::collections::BTreeMap;

use cluster::{Cluster, Config};
use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{
    Api, DeleteParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams, WatchEvent, WatchParams,
};
use kube::runtime::{WatchStreamExt, watcher};
use tempfile::TempDir;

async fn start() -> (Cluster, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Cluster::start(Config::new(folder.path(), "t")).await.unwrap(), folder)
}

fn config_map(name: &str, value: &str) -> ConfigMap {
    ConfigMap {
        metadata: ObjectMeta { name: Some(name.into()), ..ObjectMeta::default() },
        data: Some(BTreeMap::from([("k".to_owned(), value.to_owned())])),
        ..ConfigMap::default()
    }
}

#[tokio::test]
async fn typed_objects_are_created_listed_patched_and_deleted() {
    let (cluster, _folder) = start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(cluster.client());
    let created = api.create(&PostParams::default(), &config_map("a", "1")).await.unwrap();
    assert!(created.metadata.uid.is_some() && created.metadata.creation_timestamp.is_some());
    let patch = Patch::Merge(serde_json::json!({"data": {"k": "2"}}));
    let patched = api.patch("a", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(patched.data, config_map("a", "2").data);
    let listed = api.list(&ListParams::default().fields("metadata.name=a")).await.unwrap();
    assert_eq!(listed.items, [patched]);
    api.delete("a", &DeleteParams::default()).await.unwrap();
    assert!(api.get_opt("a").await.unwrap().is_none());
    cluster.shutdown().await;
}

#[tokio::test]
async fn apply_creates_and_then_changes() {
    let (cluster, _folder) = start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(cluster.client());
    let params = PatchParams::apply("tests").force();
    let apply = |value: &str| {
        let mut map = serde_json::to_value(config_map("a", value)).unwrap();
        map["apiVersion"] = "v1".into();
        map["kind"] = "ConfigMap".into();
        Patch::Apply(map)
    };
    let first = api.patch("a", &params, &apply("1")).await.unwrap();
    let same = api.patch("a", &params, &apply("1")).await.unwrap();
    let other = api.patch("a", &params, &apply("2")).await.unwrap();
    assert_eq!(first.metadata.resource_version, same.metadata.resource_version);
    assert_ne!(first.metadata.resource_version, other.metadata.resource_version);
    cluster.shutdown().await;
}

#[tokio::test]
async fn watch_is_live_and_ends_with_the_cluster() {
    let (cluster, _folder) = start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(cluster.client());
    let version = api.list(&ListParams::default()).await.unwrap().metadata.resource_version.unwrap();
    let mut events = api.watch(&WatchParams::default(), &version).await.unwrap().boxed();
    api.create(&PostParams::default(), &config_map("a", "1")).await.unwrap();
    let Some(Ok(WatchEvent::Added(map))) = events.next().await else { panic!("not added") };
    assert_eq!(map.metadata.name.as_deref(), Some("a"));
    api.delete("a", &DeleteParams::default()).await.unwrap();
    assert!(matches!(events.next().await, Some(Ok(WatchEvent::Deleted(_)))));
    cluster.shutdown().await;
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn watcher_of_kube_runtime_goes_on_after_a_compaction() {
    let (cluster, _folder) = start().await;
    let api: Api<ConfigMap> = Api::default_namespaced(cluster.client());
    api.create(&PostParams::default(), &config_map("a", "1")).await.unwrap();
    let mut objects =
        watcher(api.clone(), watcher::Config::default().labels("!ignored")).applied_objects().boxed();
    let mut next = async || objects.try_next().await.unwrap().unwrap().metadata.name.unwrap();
    let mut seen = next().await;
    while seen != "a" {
        seen = next().await;
    }
    cluster.compact();
    api.create(&PostParams::default(), &config_map("b", "1")).await.unwrap();
    while seen != "b" {
        seen = next().await;
    }
    cluster.shutdown().await;
}

#[tokio::test]
async fn deleted_namespace_takes_its_contents_along() {
    let (cluster, _folder) = start().await;
    let namespaces: Api<Namespace> = Api::all(cluster.client());
    let namespace = Namespace {
        metadata: ObjectMeta { name: Some("short".into()), ..ObjectMeta::default() },
        ..Namespace::default()
    };
    namespaces.create(&PostParams::default(), &namespace).await.unwrap();
    let maps: Api<ConfigMap> = Api::namespaced(cluster.client(), "short");
    maps.create(&PostParams::default(), &config_map("a", "1")).await.unwrap();
    let version = namespaces.get("short").await.unwrap().metadata.resource_version.unwrap();
    let params = WatchParams::default().fields("metadata.name=short");
    let mut events = namespaces.watch(&params, &version).await.unwrap().boxed();
    namespaces.delete("short", &DeleteParams::default()).await.unwrap();
    while !matches!(events.next().await, Some(Ok(WatchEvent::Deleted(_)))) {}
    assert!(maps.list(&ListParams::default()).await.unwrap().items.is_empty());
    cluster.shutdown().await;
}
