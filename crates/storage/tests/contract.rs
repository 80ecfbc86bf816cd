//! What every storage promises; run for each kind that there is.

#![expect(clippy::unwrap_used, reason = "also in the functions that tests share")]

use bytes::Bytes;
use futures::{StreamExt, stream};
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

#[tokio::test]
async fn what_is_stored_is_read_back_with_size_and_digest() {
    let (_folder, storage) = folder();
    for (count, bytes) in [(0, 0), (1, 5), (13, 1024 * 1024)] {
        let stored = storage.put_stream("uploads/acme/a", pieces(count, bytes), u64::MAX).await.unwrap();
        assert_eq!(stored.size, (count * bytes) as u64);
        let object = storage.get("uploads/acme/a").await.unwrap().unwrap();
        assert_eq!(object.size, stored.size);
        let read = object.stream.try_concat_bytes().await;
        assert_eq!(read, vec![7; count * bytes]);
    }
    let hello = storage.put_bytes("uploads/acme/b", "hello").await.unwrap();
    assert_eq!(hello.sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    assert_eq!(storage.get_bytes("uploads/acme/b", 5).await.unwrap().unwrap(), "hello");
    assert!(matches!(storage.get_bytes("uploads/acme/b", 4).await, Err(Error::TooLarge { max: 4 })));
}

trait Concat {
    async fn try_concat_bytes(self) -> Vec<u8>;
}

impl<S: futures::Stream<Item = storage::Result<Bytes>>> Concat for S {
    async fn try_concat_bytes(self) -> Vec<u8> {
        self.map(|chunk| chunk.unwrap().to_vec()).concat().await
    }
}

#[tokio::test]
async fn a_stream_that_is_too_long_leaves_nothing_behind() {
    let (folder, storage) = folder();
    for max in [10, 8 * 1024 * 1024] {
        let result = storage.put_stream("uploads/acme/a", pieces(20, 1024 * 1024), max).await;
        assert!(matches!(result, Err(Error::TooLarge { .. })), "{result:?}");
        assert_eq!(files(folder.path()), 0);
    }
}

#[tokio::test]
async fn a_stream_that_fails_or_is_dropped_leaves_nothing_behind_and_the_old_object_stays() {
    let (folder, storage) = folder();
    storage.put_bytes("uploads/acme/a", "old").await.unwrap();
    let broken = pieces(7, 1024 * 1024).chain(stream::iter([Err("connection reset")]));
    let result = storage.put_stream("uploads/acme/a", broken, u64::MAX).await;
    assert!(matches!(result, Err(Error::CutOff(_))), "{result:?}");
    let endless = pieces(7, 1024 * 1024).chain(stream::pending());
    let upload = storage.put_stream("uploads/acme/a", endless, u64::MAX);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(300), upload).await.is_err());
    while files(folder.path()) > 1 {
        tokio::task::yield_now().await;
    }
    assert_eq!(storage.get_bytes("uploads/acme/a", 10).await.unwrap().unwrap(), "old");
}

#[tokio::test]
async fn objects_are_listed_by_folder_and_deleted() {
    let (_folder, storage) = folder();
    for key in ["uploads/acme/a", "uploads/acme/b", "uploads/other/c"] {
        storage.put_bytes(key, "x").await.unwrap();
    }
    let mut keys: Vec<_> = storage.list("uploads/acme").map(|entry| entry.unwrap().key).collect().await;
    keys.sort();
    assert_eq!(keys, ["uploads/acme/a", "uploads/acme/b"]);
    storage.delete("uploads/acme/a").await.unwrap();
    storage.delete("uploads/acme/a").await.unwrap();
    assert!(storage.get("uploads/acme/a").await.unwrap().is_none());
}

#[tokio::test]
async fn health_writes_reads_and_cleans_up() {
    let (folder, storage) = folder();
    storage.health().await.unwrap();
    assert_eq!(files(folder.path()), 0);
}

#[tokio::test]
async fn the_sweep_takes_halves_and_nothing_else() {
    let (folder, storage) = folder();
    storage.put_bytes("uploads/acme/a", "x").await.unwrap();
    std::fs::write(folder.path().join("uploads/acme/b#1"), "half").unwrap();
    assert_eq!(storage.sweep().await.unwrap(), 1);
    assert_eq!(files(folder.path()), 1);
}
