//! Keeps the cache of layers within its budget: what was not used for the longest time goes first.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use domain::Timestamp;

/// A temporary file of this age was left by a build that was killed.
const LEFT_BEHIND: Duration = Duration::from_hours(24);

/// What was found and what was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Layers that were removed.
    pub removed: usize,
    /// Bytes that are kept.
    pub kept_bytes: u64,
}

/// A layer, its description, or what a killed build left of one.
struct Item {
    files: Vec<PathBuf>,
    bytes: u64,
    used: SystemTime,
}

/// Removes layers of the cache in `folder`, of all tenants, until no more than `budget` bytes are left. Builds may go
/// on meanwhile: one that misses a layer installs anew.
pub fn prune(folder: &Path, budget: u64, now: Timestamp) -> io::Result<Pruned> {
    let now = of_files(now);
    let mut items = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        let mut here: HashMap<String, Item> = HashMap::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            // It may have gone since.
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                left.push(entry.path());
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let stem = name.split('.').find(|part| !part.is_empty()).unwrap_or_default();
            let used = metadata.modified()?;
            let item = here.entry(stem.to_owned()).or_insert(Item { files: Vec::new(), bytes: 0, used });
            item.bytes += metadata.len();
            item.used = item.used.max(used);
            // The description goes before its layer: a build reads it first.
            if name.ends_with(".json") {
                item.files.insert(0, entry.path());
            } else {
                item.files.push(entry.path());
            }
        }
        items.extend(here.into_values());
    }
    let is_left_behind = |item: &Item| {
        let temporary = item.files.iter().all(|file| file.extension().is_none());
        temporary && now.duration_since(item.used).is_ok_and(|age| age > LEFT_BEHIND)
    };
    items.sort_by_key(|item| std::cmp::Reverse(item.used));
    let mut pruned = Pruned::default();
    let mut full = false;
    for item in items {
        full = full || pruned.kept_bytes + item.bytes > budget;
        if !full && !is_left_behind(&item) {
            pruned.kept_bytes += item.bytes;
            continue;
        }
        for file in &item.files {
            match fs::remove_file(file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        pruned.removed += 1;
    }
    Ok(pruned)
}

/// A time as files have it.
pub(crate) fn of_files(time: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(time.as_millis().try_into().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path, used: Timestamp) {
        fs::File::options().append(true).open(path).unwrap().set_modified(of_files(used)).unwrap();
    }

    fn layer(folder: &Path, name: &str, used: Timestamp) {
        fs::create_dir_all(folder).unwrap();
        for (kind, bytes) in [("layer", 1000), ("json", 10)] {
            let path = folder.join(format!("{name}.{kind}"));
            fs::write(&path, vec![0; bytes]).unwrap();
            touch(&path, used);
        }
    }

    #[test]
    fn layers_of_dependencies_were_kept_for_ever() {
        let root = tempfile::tempdir().unwrap();
        let now = Timestamp::from_millis(1_700_000_000_000);
        let (acme, globex) = (root.path().join("dependencies/acme"), root.path().join("dependencies/globex"));
        layer(&acme, "old", now.plus_millis(-30_000));
        layer(&acme, "newest", now);
        layer(&globex, "new", now.plus_millis(-10_000));
        fs::write(acme.join(".tmpAbC"), "half").unwrap();
        touch(&acme.join(".tmpAbC"), now);
        let kept = prune(root.path(), 10_000, now).unwrap();
        assert_eq!(kept, Pruned { removed: 0, kept_bytes: 3034 });
        let pruned = prune(root.path(), 2100, now).unwrap();
        assert_eq!(pruned, Pruned { removed: 1, kept_bytes: 2024 });
        assert!(!acme.join("old.layer").exists() && !acme.join("old.json").exists());
        assert!(acme.join("newest.layer").exists() && globex.join("new.json").exists());
        let later = now.plus_millis(25 * 3_600_000);
        assert_eq!(prune(root.path(), 10_000, later).unwrap().removed, 1, "what a killed build left");
    }
}
