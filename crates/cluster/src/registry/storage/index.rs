//! The shelves together: versions are assigned here.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::watch;

use super::shelf::{Change, ChangeKind, Shelf};
use super::stored::{Key, Stored};
use super::watcher::TooOld;
use super::{Everything, Write};
use crate::registry::crd;
use crate::registry::object::Object;
use crate::registry::resources::Resources;

/// Where CustomResourceDefinitions are kept: they decide what else is served.
pub(super) const DEFINITIONS: &str = "apiextensions.k8s.io/customresourcedefinitions";
/// The shelf that has no objects, but every change: for those who follow everything.
pub(super) const EVERYTHING: &str = "";
/// Changes of more JSON than this are not remembered, however young they are.
const HISTORY_BYTES: usize = 16 * 1024 * 1024;

/// Which objects a list takes.
#[derive(Default)]
pub struct Select<'a> {
    /// `None`: all namespaces.
    pub namespace: Option<&'a str>,
    /// `None`: the newest visible version.
    pub version: Option<u64>,
    /// Go on after this key.
    pub after: Option<Key>,
    /// `None`: no limit.
    pub limit: Option<usize>,
    /// `None`: everything matches.
    pub matches: Option<&'a (dyn Fn(&Object) -> bool + Sync)>,
}

/// A page of a list.
pub struct Listing {
    /// The version that the page shows.
    pub version: u64,
    pub items: Vec<Arc<Stored>>,
    /// There is more after this key.
    pub next: Option<Key>,
    /// How many objects there are after this page; only counted when everything matches.
    pub remaining: Option<usize>,
}

pub(super) struct Index {
    shelves: HashMap<Arc<str>, Shelf>,
    assigned: u64,
    visible: u64,
    compacted: u64,
    /// JSON of the changes that are remembered.
    history_bytes: usize,
    /// Accepted, not visible yet.
    pending: VecDeque<(Key, Arc<Change>)>,
    /// How often accepted writes were taken back.
    rollbacks: u64,
}

/// What the file held.
pub(super) struct Loaded {
    pub version: u64,
    pub objects: Vec<(Arc<str>, Key, Stored)>,
}

impl Index {
    pub(super) fn load(loaded: Loaded) -> Self {
        let mut index = Self {
            shelves: HashMap::new(),
            assigned: loaded.version,
            visible: loaded.version,
            // What happened before the start is not known any more.
            compacted: loaded.version,
            history_bytes: 0,
            pending: VecDeque::new(),
            rollbacks: 0,
        };
        for (storage, key, stored) in loaded.objects {
            let version = stored.version();
            index.shelf(&storage).put(&key, version, Some(Arc::new(stored)));
        }
        index
    }

    pub(super) fn visible(&self) -> u64 {
        self.visible
    }

    /// The newest accepted version.
    pub(super) fn assigned(&self) -> u64 {
        self.assigned
    }

    /// How often accepted writes were taken back.
    pub(super) fn rollbacks(&self) -> u64 {
        self.rollbacks
    }

    /// What is served, given the definitions that are visible. One that cannot be read any more is left out.
    pub(super) fn resources(&self) -> Resources {
        let mut resources = Resources::default();
        let Some(definitions) = self.shelves.get(DEFINITIONS) else { return resources };
        for (key, stored) in definitions.range(None, None, self.visible) {
            match crd::register(stored.object().value()) {
                Ok(added) => added.into_iter().for_each(|resource| resources.insert(resource)),
                Err(error) => tracing::warn!(definition.name = key.name, %error, "definition is not served"),
            }
        }
        resources
    }

    pub(super) fn subscribe(&mut self, storage: &Arc<str>) -> watch::Receiver<u64> {
        self.shelf(storage).subscribe()
    }

    pub(super) fn subscribe_ahead(&mut self, storage: &Arc<str>) -> watch::Receiver<u64> {
        self.shelf(storage).subscribe_ahead()
    }

    pub(super) fn get(&self, storage: &str, key: &Key) -> Option<Arc<Stored>> {
        self.shelves.get(storage)?.at(key, self.visible)
    }

    pub(super) fn head(&self, storage: &str, key: &Key) -> Option<Arc<Stored>> {
        self.shelves.get(storage)?.head(key)
    }

    pub(super) fn list(&self, storage: &str, select: &Select<'_>) -> Result<Listing, TooOld> {
        let version = select.version.unwrap_or(self.visible);
        self.check(version)?;
        let mut listing = Listing { version, items: Vec::new(), next: None, remaining: None };
        let Some(shelf) = self.shelves.get(storage) else { return Ok(listing) };
        let mut range = shelf.range(select.namespace, select.after.as_ref(), version);
        let mut last: Option<&Key> = None;
        while let Some((key, stored)) = range.next() {
            if select.matches.is_some_and(|matches| !matches(stored.object())) {
                continue;
            }
            if select.limit == Some(listing.items.len()) {
                listing.next = last.cloned();
                listing.remaining = select.matches.is_none().then(|| 1 + range.count());
                break;
            }
            last = Some(key);
            listing.items.push(stored);
        }
        Ok(listing)
    }

    /// All accepted objects.
    pub(super) fn list_ahead(&self, storage: &str, namespace: Option<&str>) -> Vec<Arc<Stored>> {
        let shelf = self.shelves.get(storage).into_iter();
        shelf
            .flat_map(|shelf| shelf.range(namespace, None, self.assigned))
            .map(|(_, stored)| stored)
            .collect()
    }

    /// Every visible object with its storage.
    pub(super) fn everything(&self) -> Everything {
        let shelves = self.shelves.iter();
        shelves
            .flat_map(|(storage, shelf)| {
                shelf.range(None, None, self.visible).map(|(_, stored)| (storage.clone(), stored))
            })
            .collect()
    }

    /// Up to `limit` visible changes after `version`.
    pub(super) fn changes(
        &self,
        storage: &str,
        version: u64,
        limit: usize,
    ) -> Result<Vec<Arc<Change>>, TooOld> {
        self.check(version)?;
        Ok(self.shelves.get(storage).map(|shelf| shelf.changes(version, limit)).unwrap_or_default())
    }

    /// The same with those that are only accepted, for somebody who began after so many `rollbacks`.
    pub(super) fn changes_ahead(
        &self,
        storage: &str,
        version: u64,
        rollbacks: u64,
    ) -> Result<Vec<Arc<Change>>, TooOld> {
        if rollbacks != self.rollbacks {
            return Err(TooOld { requested: version, oldest: self.visible });
        }
        let mut changes = self.changes(storage, version, usize::MAX)?;
        let from = self.pending.partition_point(|(_, change)| change.version() <= version);
        let pending = self.pending.range(from..).map(|(_, change)| change);
        changes.extend(pending.filter(|change| &*change.storage == storage).cloned());
        Ok(changes)
    }

    fn check(&self, version: u64) -> Result<(), TooOld> {
        if version < self.compacted {
            return Err(TooOld { requested: version, oldest: self.compacted });
        }
        Ok(())
    }

    /// Gives a write its version, if the object's head still is `base`.
    pub(super) fn accept(
        &mut self,
        storage: &Arc<str>,
        key: &Key,
        base: Option<u64>,
        write: Write,
    ) -> Option<Arc<Change>> {
        let before = self.head(storage, key);
        if before.as_ref().map(|stored| stored.version()) != base {
            return None;
        }
        let (kind, object) = match (write, &before) {
            (Write::Put(object), None) => (ChangeKind::Created, object),
            (Write::Put(object), Some(_)) => (ChangeKind::Updated, object),
            (Write::Delete, before) => (ChangeKind::Deleted, before.as_ref()?.object().clone()),
        };
        self.assigned += 1;
        let now = Arc::new(Stored::new(object, self.assigned));
        let change = Arc::new(Change { storage: storage.clone(), kind, before, now });
        let shelf = self.shelf(storage);
        shelf.put(key, change.version(), change.state());
        shelf.tell_ahead(change.version());
        self.pending.push_back((key.clone(), change.clone()));
        Some(change)
    }

    /// Makes accepted writes up to `version` visible; says whether definitions are among them.
    pub(super) fn publish(&mut self, version: u64) -> bool {
        let mut definitions = false;
        let everything = Arc::from(EVERYTHING);
        while self.pending.front().is_some_and(|(_, change)| change.version() <= version) {
            let Some((_, change)) = self.pending.pop_front() else { break };
            definitions |= &*change.storage == DEFINITIONS;
            self.history_bytes += change.now.body().len();
            self.shelf(&change.storage).publish(change.clone());
            self.shelf(&everything).publish(change);
        }
        self.visible = version;
        if self.history_bytes > HISTORY_BYTES {
            let middle = self.compacted.midpoint(self.visible);
            self.compact(middle);
        }
        definitions
    }

    /// Takes back everything that is accepted and not visible.
    pub(super) fn rollback(&mut self) {
        while let Some((key, change)) = self.pending.pop_back() {
            self.shelf(&change.storage).retract(&key);
        }
        self.rollbacks += 1;
        self.shelves.values().for_each(|shelf| shelf.tell_ahead(self.assigned));
    }

    pub(super) fn compact(&mut self, version: u64) {
        let version = version.min(self.visible);
        if version > self.compacted {
            self.compacted = version;
            for shelf in self.shelves.values_mut() {
                shelf.compact(version);
            }
            self.history_bytes = self.shelf(&Arc::from(EVERYTHING)).history_bytes();
        }
    }

    fn shelf(&mut self, storage: &Arc<str>) -> &mut Shelf {
        self.shelves.entry(storage.clone()).or_insert_with(Shelf::new)
    }
}
