//! What every storage promises; run for each kind that there is.

#![expect(clippy::unwrap_used, reason = "also in the functions that tests share")]

mod servers;

use bytes::Bytes;
use futures::{StreamExt, stream};
use servers::{Gcs, S3};
use storage::{Error, Storage};

fn folder() -> (tempfile::TempDir, Storage) {
    let folder = tempfile::tempdir().unwrap();
    let storage = storage::open(&format!("file:{}", folder.path().display())).unwrap();
    (folder, storage)
}

fn pieces(count: usize, bytes: usize) -> impl futures::Stream<Item = Result<Bytes, &'static str>> {
    stream::iter((0..count).map(move |_| Ok(Bytes::from(vec![7; bytes]))))
}

fn files(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().flatten();
    entries.map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

async fn keys(storage: &Storage, prefix: &str) -> Vec<String> {
    let mut keys: Vec<_> = storage.list(prefix).map(|entry| entry.unwrap().key).collect().await;
    keys.sort();
    keys
}

async fn reads_back(storage: &Storage) {
    for (count, bytes) in [(0, 0), (1, 5), (13, 1024 * 1024)] {
        let stored = storage.put_stream("uploads/acme/a", pieces(count, bytes), u64::MAX).await.unwrap();
        assert_eq!(stored.size, (count * bytes) as u64);
        let object = storage.get("uploads/acme/a").await.unwrap().unwrap();
        assert_eq!(object.size, stored.size);
        let read: Vec<u8> = object.stream.map(|chunk| chunk.unwrap().to_vec()).concat().await;
        assert_eq!(read, vec![7; count * bytes]);
    }
    let hello = storage.put_bytes("uploads/acme/b", "hello").await.unwrap();
    assert_eq!(hello.sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    assert_eq!(storage.get_bytes("uploads/acme/b", 5).await.unwrap().unwrap(), "hello");
    assert!(matches!(storage.get_bytes("uploads/acme/b", 4).await, Err(Error::TooLarge { max: 4 })));
}

async fn leaves_nothing_of_what_is_refused(storage: &Storage) {
    for max in [10, 8 * 1024 * 1024] {
        let result = storage.put_stream("uploads/refused/a", pieces(20, 1024 * 1024), max).await;
        assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
        assert!(keys(storage, "uploads/refused").await.is_empty());
    }
    storage.put_bytes("uploads/broken/a", "old").await.unwrap();
    let broken = pieces(7, 1024 * 1024).chain(stream::iter([Err("connection reset")]));
    let result = storage.put_stream("uploads/broken/a", broken, u64::MAX).await;
    assert!(matches!(result, Err(Error::CutOff(_))), "{result:?}");
    assert_eq!(storage.get_bytes("uploads/broken/a", 10).await.unwrap().unwrap(), "old");
}

async fn lists_and_deletes(storage: &Storage) {
    for key in ["uploads/list/a", "uploads/list/b", "uploads/lists/c"] {
        storage.put_bytes(key, "x").await.unwrap();
    }
    assert_eq!(keys(storage, "uploads/list").await, ["uploads/list/a", "uploads/list/b"]);
    storage.delete("uploads/list/a").await.unwrap();
    storage.delete("uploads/list/a").await.unwrap();
    assert!(storage.get("uploads/list/a").await.unwrap().is_none());
}

async fn is_healthy_and_clean(storage: &Storage) {
    storage.health().await.unwrap();
    assert!(keys(storage, "health").await.is_empty());
    assert_eq!(storage.sweep().await.unwrap(), 0);
}

async fn keeps_the_contract(storage: &Storage) {
    reads_back(storage).await;
    leaves_nothing_of_what_is_refused(storage).await;
    lists_and_deletes(storage).await;
    is_healthy_and_clean(storage).await;
}

#[tokio::test]
async fn a_folder_keeps_the_contract() {
    let (_folder, storage) = folder();
    keeps_the_contract(&storage).await;
}

#[tokio::test]
async fn s3_keeps_the_contract() {
    let server = S3::start("platform").await;
    let url = |secret: &str| {
        format!("s3://platform/kl/files?endpoint={}&access_key=me&secret_key={secret}", server.url)
    };
    keeps_the_contract(&storage::open(&url("s3cret")).unwrap()).await;
    let lost = storage::open(&url("s3cret").replace("//platform", "//elsewhere")).unwrap();
    assert!(lost.health().await.is_err());
}

#[tokio::test]
async fn gcs_keeps_the_contract() {
    let server = Gcs::start("platform").await;
    let key = server.key_file();
    let url = format!("gs://platform/kl/files?service_account={}", key.display());
    keeps_the_contract(&storage::open(&url).unwrap()).await;
}

#[tokio::test]
async fn a_stream_that_is_too_long_leaves_no_file_behind() {
    let (folder, storage) = folder();
    for max in [10, 8 * 1024 * 1024] {
        let result = storage.put_stream("uploads/acme/a", pieces(20, 1024 * 1024), max).await;
        assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
        assert_eq!(files(folder.path()), 0);
    }
}

#[tokio::test]
async fn a_stream_that_is_dropped_leaves_nothing_behind_and_the_old_object_stays() {
    let (folder, storage) = folder();
    storage.put_bytes("uploads/acme/a", "old").await.unwrap();
    let endless = pieces(7, 1024 * 1024).chain(stream::pending());
    let upload = storage.put_stream("uploads/acme/a", endless, u64::MAX);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(300), upload).await.is_err());
    while files(folder.path()) > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(storage.get_bytes("uploads/acme/a", 10).await.unwrap().unwrap(), "old");
}

#[tokio::test]
async fn the_sweep_takes_halves_and_nothing_else() {
    let (folder, storage) = folder();
    storage.put_bytes("uploads/acme/a", "x").await.unwrap();
    std::fs::write(folder.path().join("uploads/acme/b#1"), "half").unwrap();
    assert_eq!(storage.sweep().await.unwrap(), 1);
    assert_eq!(files(folder.path()), 1);
}
