//! The layout folder: writing, finding, several writers, garbage.

#![expect(clippy::unwrap_used, reason = "also in the functions that tests share")]

use std::sync::Barrier;

use oci::layer::Entry;
use oci::{Compression, ContainerConfig, Digest, Image, ImageConfig, Layout};

fn push(layout: &Layout, text: &str, name: Option<&str>) -> Image {
    let _writing = layout.writing().unwrap();
    let layer = layout.put_layer(vec![Entry::bytes("function/main.py", text)], Compression::Zstd).unwrap();
    let config = ContainerConfig { working_dir: "/function".into(), ..ContainerConfig::default() };
    layout.push(ImageConfig::new(config), &[layer], name).unwrap()
}

#[test]
fn an_image_is_found_by_name_and_by_digest_and_is_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    let image = push(&layout, "a", Some("acme/hello:1"));
    assert_eq!(push(&layout, "a", Some("acme/hello:2")).digest, image.digest);
    for reference in
        ["acme/hello:1", "acme/hello:2", image.digest.as_str(), &format!("acme/hello@{}", image.digest)]
    {
        assert_eq!(layout.resolve(reference).unwrap().as_ref(), Some(&image.digest), "{reference}");
    }
    assert_eq!(layout.resolve("acme/hello:3").unwrap(), None);
    assert_eq!(layout.image(&image.digest).unwrap(), image);
}

#[test]
fn a_name_moves_to_the_newer_image_and_the_older_stays() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    let (old, new) = (push(&layout, "a", Some("x:latest")), push(&layout, "b", Some("x:latest")));
    assert_eq!(layout.resolve("x:latest").unwrap(), Some(new.digest));
    assert_eq!(layout.resolve(old.digest.as_str()).unwrap(), Some(old.digest));
    assert_eq!(layout.index().unwrap().manifests.len(), 2);
}

#[test]
fn many_writers_at_once_lose_no_image() {
    let folder = tempfile::tempdir().unwrap();
    let barrier = Barrier::new(8);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let (barrier, path) = (&barrier, folder.path());
            scope.spawn(move || {
                // Each with a handle of its own, as processes have.
                let layout = Layout::open(path).unwrap();
                barrier.wait();
                for round in 0..5 {
                    push(&layout, &format!("{number}-{round}"), Some(&format!("f{number}:{round}")));
                }
            });
        }
    });
    let layout = Layout::open(folder.path()).unwrap();
    assert_eq!(layout.index().unwrap().manifests.len(), 40);
    assert!(layout.resolve("f7:4").unwrap().is_some());
}

#[test]
fn the_garbage_collection_keeps_what_images_use_and_takes_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    let (keep, drop) = (push(&layout, "keep", Some("k:1")), push(&layout, "drop", Some("d:1")));
    std::fs::write(folder.path().join("blobs/sha256/.part-killed"), "rest").unwrap();
    layout.remove(&drop.digest).unwrap();
    let freed = layout.collect_garbage().unwrap();
    // Manifest, layer and configuration of the one, and the rest of the killed writer.
    assert_eq!(freed.blobs, 4);
    assert_eq!(layout.image(&keep.digest).unwrap(), keep);
    assert!(layout.contains(&keep.manifest.layers[0].digest));
    assert!(layout.image(&drop.digest).is_err());
    assert_eq!(layout.collect_garbage().unwrap().blobs, 0);
}

#[test]
fn a_blob_that_is_not_what_its_digest_says_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    let expected = Digest::of(b"right");
    assert!(layout.put_blob(b"wrong".as_slice(), &expected).is_err());
    assert!(!layout.contains(&expected));
    layout.put_blob(b"right".as_slice(), &expected).unwrap();
    assert!(layout.contains(&expected));
    let names = std::fs::read_dir(folder.path().join("blobs/sha256")).unwrap().count();
    assert_eq!(names, 1, "nothing else is left behind");
}
