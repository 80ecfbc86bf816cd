//! The layout folder: writing, finding, several writers, garbage.

#![expect(clippy::unwrap_used, reason = "also in the functions that tests share")]

use std::sync::Barrier;
use std::time::{Duration, SystemTime};

use oci::layer;
use oci::{Compression, ContainerConfig, Digest, Entry, Freed, Image, ImageConfig, Layout};

fn push(layout: &Layout, text: &str, name: Option<&str>) -> Image {
    let _writing = layout.using().unwrap();
    let layer =
        layout.put_layer(vec![layer::Entry::bytes("function/main.py", text)], Compression::Zstd).unwrap();
    let config = ContainerConfig { working_dir: "/function".into(), ..ContainerConfig::default() };
    layout.push(ImageConfig::new(config), &[layer], name).unwrap()
}

#[test]
fn an_image_is_found_by_name_and_by_digest_and_is_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    let image = push(&layout, "a", Some("acme/hello:1"));
    assert_eq!(push(&layout, "a", Some("acme/hello:2")).digest, image.digest);
    let (digest, both) = (format!("acme/hello@{}", image.digest), format!("acme/hello:9@{}", image.digest));
    for reference in ["acme/hello:1", "acme/hello:2", &digest, &both] {
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
    assert_eq!(layout.resolve(&format!("x@{}", old.digest)).unwrap(), Some(old.digest));
    assert_eq!(layout.index().unwrap().manifests.len(), 2);
}

#[test]
fn a_digest_is_not_found_through_the_repository_of_someone_else() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    let (theirs, ours) =
        (push(&layout, "secret", Some("acme/hello:1")), push(&layout, "b", Some("rival/x:1")));
    for reference in [
        format!("rival/hello@{}", theirs.digest),
        format!("rival/x@{}", theirs.digest),
        format!("rival/x:1@{}", theirs.digest),
        format!("@{}", theirs.digest),
        theirs.digest.to_string(),
        theirs.digest.hex().to_owned(),
    ] {
        assert_eq!(layout.resolve(&reference).unwrap(), None, "{reference}");
    }
    assert_eq!(layout.resolve(&format!("rival/x@{}", ours.digest)).unwrap(), Some(ours.digest));
    // When the tag has moved on, the older image still has its repository, and only that one.
    push(&layout, "newer", Some("acme/hello:1"));
    assert_eq!(layout.resolve(&format!("rival/x@{}", theirs.digest)).unwrap(), None);
    assert_eq!(layout.resolve(&format!("acme/hello@{}", theirs.digest)).unwrap(), Some(theirs.digest));
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
fn entries_of_a_version_that_knew_no_repositories_are_put_into_them() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    let [old, tagged, foreign, unused] =
        [("a", "acme/x:1"), ("b", "acme/x:1"), ("c", "busybox:1"), ("d", "d/e:1")]
            .map(|(text, name)| push(&layout, text, Some(name)).digest);
    push(&layout, "e", Some("d/e:1"));
    // As they stood in the index before.
    let path = folder.path().join("index.json");
    let mut index: oci::Index = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    index.manifests.iter_mut().for_each(|entry| drop(entry.annotations.remove(oci::REPOSITORY)));
    std::fs::write(&path, serde_json::to_vec(&index).unwrap()).unwrap();
    let (by_digest, by_other) = (format!("acme/x@{old}"), format!("rival/x@{tagged}"));
    assert_eq!(layout.resolve(&by_digest).unwrap(), None);
    assert_eq!(layout.resolve(&format!("acme/x@{tagged}")).unwrap().as_ref(), Some(&tagged));

    assert!(layout.has_old_entries().unwrap());
    let used = [by_digest.clone(), by_other.clone()].into();
    let adopted = layout.adopt(&used, |image| image.digest != foreign).unwrap();
    assert_eq!(adopted, 4, "the one in use, one that is not, and two that still have a tag");
    assert_eq!(layout.resolve(&by_digest).unwrap(), Some(old));
    assert_eq!(layout.resolve(&by_other).unwrap(), None, "it has a repository: its tag's");
    assert_eq!(layout.resolve(&format!("d/e@{unused}")).unwrap(), None);
    assert_eq!(layout.adopt(&used, |image| image.digest != foreign).unwrap(), 0);
}

/// A time that everything was pushed before.
fn later() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40)
}

#[test]
fn a_sweep_keeps_what_images_use_and_takes_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    let (keep, drop) = (push(&layout, "keep", Some("k:1")), push(&layout, "drop", Some("d:1")));
    std::fs::write(folder.path().join("blobs/sha256/.part-killed"), "rest").unwrap();
    let sweep = |before| layout.sweep().unwrap().unwrap().run(before, |entry| entry.is_named("k:1")).unwrap();
    assert_eq!(sweep(SystemTime::UNIX_EPOCH).images, 0, "what was just pushed may soon be used");
    let freed = sweep(later());
    // Manifest, layer and configuration of the one; the first sweep took the rest of the killed writer.
    assert_eq!((freed.images, freed.blobs), (1, 3));
    assert_eq!(layout.image(&keep.digest).unwrap(), keep);
    assert!(layout.contains(&keep.manifest.layers[0].digest));
    assert!(layout.image(&drop.digest).is_err());
    assert_eq!(sweep(later()), Freed::default());
}

#[test]
fn a_sweep_that_removes_an_image_of_one_tenant_leaves_the_equal_image_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    let image = push(&layout, "same", Some("acme/hello:1"));
    assert_eq!(push(&layout, "same", Some("rival/copy:1")).digest, image.digest);
    let used = |entry: &Entry<'_>| entry.repository == "rival/copy";
    let freed = layout.sweep().unwrap().unwrap().run(later(), used).unwrap();
    assert_eq!((freed.images, freed.blobs), (1, 0));
    assert_eq!(layout.resolve("acme/hello:1").unwrap(), None);
    assert_eq!(layout.resolve("rival/copy:1").unwrap().as_ref(), Some(&image.digest));
    assert_eq!(layout.image(&image.digest).unwrap(), image);
}

#[test]
fn nothing_is_swept_while_an_image_is_written_or_read() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout::open(folder.path()).unwrap();
    let using = layout.using().unwrap();
    assert!(layout.sweep().unwrap().is_none());
    drop(using);
    assert!(layout.sweep().unwrap().is_some());
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
