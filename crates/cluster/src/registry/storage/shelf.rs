//! The versions of all objects of one storage, and the changes between them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::sync::watch;

use super::stored::{Key, Stored};

/// What happened to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    Created,
    Updated,
    Deleted,
}

/// One write.
#[derive(Debug)]
pub struct Change {
    /// Where the object is kept, [`crate::registry::Resource::storage`].
    pub storage: Arc<str>,
    pub kind: ChangeKind,
    /// The object before, unless it was created.
    pub before: Option<Arc<Stored>>,
    /// The object after; for a deletion its last state with the version of the deletion.
    pub now: Arc<Stored>,
}

impl Change {
    pub fn version(&self) -> u64 {
        self.now.version()
    }

    /// The object after the change, if there is one.
    pub(super) fn state(&self) -> Option<Arc<Stored>> {
        (self.kind != ChangeKind::Deleted).then(|| self.now.clone())
    }
}

/// An object (or its absence) from a version on.
struct Entry {
    version: u64,
    state: Option<Arc<Stored>>,
}

pub(super) struct Shelf {
    objects: BTreeMap<Key, Vec<Entry>>,
    /// Visible changes, oldest first.
    history: VecDeque<Arc<Change>>,
    changed: watch::Sender<u64>,
    /// For those who look at accepted changes.
    accepted: watch::Sender<u64>,
}

impl Shelf {
    pub(super) fn new() -> Self {
        Self {
            objects: BTreeMap::new(),
            history: VecDeque::new(),
            changed: watch::Sender::new(0),
            accepted: watch::Sender::new(0),
        }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(super) fn subscribe_ahead(&self) -> watch::Receiver<u64> {
        self.accepted.subscribe()
    }

    /// The accepted changes are others than before; `version` is the newest that was ever assigned.
    pub(super) fn tell_ahead(&self, version: u64) {
        self.accepted.send_replace(version);
    }

    /// The state of an object at a version.
    pub(super) fn at(&self, key: &Key, version: u64) -> Option<Arc<Stored>> {
        state_at(self.objects.get(key)?, version)
    }

    /// The newest state, visible or not.
    pub(super) fn head(&self, key: &Key) -> Option<Arc<Stored>> {
        self.objects.get(key)?.last()?.state.clone()
    }

    /// Objects as they were at `version`, in order, from after `start`, in one namespace or all.
    pub(super) fn range<'a>(
        &'a self,
        namespace: Option<&'a str>,
        start: Option<&Key>,
        version: u64,
    ) -> impl Iterator<Item = (&'a Key, Arc<Stored>)> {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        let from = match (start, namespace) {
            (Some(key), _) => Excluded(key.clone()),
            (None, Some(namespace)) => Included(Key::new(namespace, "")),
            (None, None) => Unbounded,
        };
        self.objects
            .range((from, Unbounded))
            .take_while(move |(key, _)| namespace.is_none_or(|namespace| key.namespace == namespace))
            .filter_map(move |(key, entries)| Some((key, state_at(entries, version)?)))
    }

    /// Takes a state in; it becomes visible with [`Shelf::publish`].
    pub(super) fn put(&mut self, key: &Key, version: u64, state: Option<Arc<Stored>>) {
        self.objects.entry(key.clone()).or_default().push(Entry { version, state });
    }

    /// Shows a change to watches.
    pub(super) fn publish(&mut self, change: Arc<Change>) {
        self.changed.send_replace(change.version());
        self.history.push_back(change);
    }

    /// Takes back the newest state of an object, which never became visible.
    pub(super) fn retract(&mut self, key: &Key) {
        if let Some(entries) = self.objects.get_mut(key) {
            entries.pop();
            if entries.is_empty() {
                self.objects.remove(key);
            }
        }
    }

    /// Up to `limit` changes after `version`.
    pub(super) fn changes(&self, version: u64, limit: usize) -> Vec<Arc<Change>> {
        let from = self.history.partition_point(|change| change.version() <= version);
        self.history.range(from..).take(limit).cloned().collect()
    }

    /// JSON of the changes that are still known.
    pub(super) fn history_bytes(&self) -> usize {
        self.history.iter().map(|change| change.now.body().len()).sum()
    }

    /// Forgets states that were replaced, and changes that were made, at or before `version`.
    pub(super) fn compact(&mut self, version: u64) {
        let gone = self.history.partition_point(|change| change.version() <= version);
        self.history.drain(..gone);
        self.objects.retain(|_, entries| {
            let newest = entries.iter().rposition(|entry| entry.version <= version).unwrap_or(0);
            entries.drain(..newest);
            entries.iter().any(|entry| entry.version > version || entry.state.is_some())
        });
    }
}

fn state_at(entries: &[Entry], version: u64) -> Option<Arc<Stored>> {
    entries.iter().rev().find(|entry| entry.version <= version)?.state.clone()
}
