//! The store as its callers see it.

use serde_json::json;

use super::*;

fn open(folder: &Path) -> (Registry, Arc<Resource>) {
    let registry = Registry::open(folder).unwrap();
    let maps = registry.resources().find("", "v1", "configmaps").unwrap().clone();
    (registry, maps)
}

fn object(name: &str, data: &str) -> Object {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "n"}, "data": {"k": data}})
        .into()
}

async fn put(registry: &Registry, maps: &Resource, name: &str, data: &str) -> Arc<Stored> {
    let key = Key::new("n", name);
    let base = registry.head(maps, &key).map(|stored| stored.version());
    registry.commit(maps, &key, base, Write::Put(object(name, data))).await.unwrap()
}

fn names(listing: &Listing) -> Vec<&str> {
    listing.items.iter().map(|stored| stored.object().name()).collect()
}

#[tokio::test]
async fn write_on_an_old_base_is_a_race() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, maps) = open(folder.path());
    let first = put(&registry, &maps, "a", "1").await;
    put(&registry, &maps, "a", "2").await;
    let key = Key::new("n", "a");
    for base in [None, Some(first.version())] {
        let raced = registry.commit(&maps, &key, base, Write::Put(object("a", "3"))).await;
        assert!(matches!(raced, Err(StoreError::Raced)), "{raced:?}");
    }
    assert_eq!(registry.get(&maps, &key).unwrap().object().text("/data/k"), "2");
}

#[tokio::test]
async fn list_of_a_version_shows_what_was_there_then() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, maps) = open(folder.path());
    put(&registry, &maps, "a", "1").await;
    let then = put(&registry, &maps, "b", "1").await.version();
    put(&registry, &maps, "c", "1").await;
    let b = registry.head(&maps, &Key::new("n", "b")).unwrap();
    registry.commit(&maps, &Key::new("n", "b"), Some(b.version()), Write::Delete).await.unwrap();
    let at = |version| registry.list(&maps, &Select { version, ..Select::default() }).unwrap();
    assert_eq!(names(&at(Some(then))), ["a", "b"]);
    assert_eq!(names(&at(None)), ["a", "c"]);
}

#[tokio::test]
async fn watch_gives_every_change_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, maps) = open(folder.path());
    put(&registry, &maps, "a", "1").await;
    let mut watcher = registry.watch(&maps, registry.version());
    let writers = (0..4).map(|writer| {
        let (registry, maps) = (registry.clone(), maps.clone());
        async move {
            for count in 0..100 {
                put(&registry, &maps, &format!("w{writer}"), &count.to_string()).await;
            }
        }
    });
    futures::future::join_all(writers).await;
    let mut versions = Vec::new();
    while versions.len() < 400 {
        versions.extend(watcher.next().await.unwrap().iter().map(|change| change.version()));
    }
    assert!(versions.is_sorted_by(|one, next| one < next) && versions.len() == 400);
    assert!(watcher.ready().unwrap().is_empty());
}

#[tokio::test]
async fn compaction_forgets_old_versions_and_keeps_the_objects() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, maps) = open(folder.path());
    let old = put(&registry, &maps, "a", "1").await.version();
    let mut watcher = registry.watch(&maps, old);
    put(&registry, &maps, "a", "2").await;
    let new = put(&registry, &maps, "b", "1").await.version();
    registry.compact(new);
    assert_eq!(watcher.next().await.err(), Some(TooOld { requested: old, oldest: new }));
    let at = |version| registry.list(&maps, &Select { version: Some(version), ..Select::default() });
    assert!(at(old).is_err());
    assert_eq!(names(&at(new).unwrap()), ["a", "b"]);
}

#[tokio::test]
async fn file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let _registry = open(folder.path());
    let mode = std::fs::metadata(folder.path().join("registry.redb")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn who_looks_ahead_sees_a_write_before_the_disk_has_it_and_others_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, maps) = open(folder.path());
    let (none, mut ahead) = registry.follow_ahead(&maps);
    assert!(none.is_empty());
    let key = Key::new("n", "a");
    // On this thread alone nothing is visible before the writer's answer is waited for.
    let before = registry.version();
    let made = registry.accept(&maps, &key, None, Write::Put(object("a", "1"))).unwrap();
    assert_eq!(registry.all_ahead(&maps, Some("n")).len(), 1);
    let seen = ahead.next().await.unwrap();
    assert_eq!((seen.len(), seen[0].version()), (1, made.version()));
    assert!(made.version() > before);
    registry.until_visible(made.version()).await;
    assert_eq!(registry.get(&maps, &key).unwrap().version(), made.version());
    let again = tokio::time::timeout(std::time::Duration::from_millis(50), ahead.next()).await;
    assert!(again.is_err(), "the change was given out twice");
}

#[tokio::test]
async fn a_write_that_was_taken_back_ends_the_watches_of_those_who_looked_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, maps) = open(folder.path());
    put(&registry, &maps, "a", "1").await;
    let (_, mut ahead) = registry.follow_ahead(&maps);
    let mut visible = registry.watch(&maps, registry.version());
    {
        // What the writer does when the disk refuses.
        let mut index = registry.0.write();
        index.accept(&maps.storage, &Key::new("n", "b"), None, Write::Put(object("b", "1"))).unwrap();
        index.rollback();
    }
    assert!(ahead.next().await.is_err());
    let (left, mut anew) = registry.follow_ahead(&maps);
    assert_eq!(left.iter().map(|stored| stored.object().name()).collect::<Vec<_>>(), ["a"]);
    let next = put(&registry, &maps, "c", "1").await;
    for watcher in [&mut anew, &mut visible] {
        let versions: Vec<u64> =
            watcher.next().await.unwrap().iter().map(|change| change.version()).collect();
        assert_eq!(versions, [next.version()]);
    }
}
