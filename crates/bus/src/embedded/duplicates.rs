//! Which events were published already.
//!
//! Remembered for 24 h, and never more than half a million: what a publisher repeats it repeats
//! within minutes. In memory as a set of hashes (10 MB at most, nothing when idle); in the file as
//! a list in the order of time, because inserts at random places of a tree would cost more than
//! the events themselves.

use std::collections::{HashMap, HashSet};

use domain::Timestamp;
use redb::{ReadTransaction, ReadableTable, ReadableTableMetadata, Table};

use super::tables::SEEN;

/// Milliseconds that an event is remembered.
const REMEMBERED_MS: i64 = 86_400_000;
/// Events that are remembered at most.
const REMEMBERED: u64 = 500_000;
/// Old entries taken away in one transaction.
const PRUNED_AT_ONCE: u64 = 200_000;

type Stored<T> = Result<T, redb::Error>;

/// Within which scope an event is unique: an exchange, or a queue it was published to by name.
pub(super) type Scope = u32;

/// Scopes below this are exchanges; queue ids begin here.
pub(super) const FIRST_QUEUE: u32 = 16;

/// What is remembered, as of the last commit.
#[derive(Default)]
pub(super) struct Seen(HashSet<u64>);

impl Seen {
    /// Reads it from the file.
    pub(super) fn load(read: &ReadTransaction) -> Stored<Self> {
        let mut seen = Self::default();
        for row in read.open_table(SEEN)?.iter()? {
            let (mark, remembered) = row?.1.value();
            seen.set(mark, remembered);
        }
        Ok(seen)
    }

    /// Follows a commit.
    pub(super) fn apply(&mut self, changes: HashMap<u64, bool>) {
        for (mark, remembered) in changes {
            self.set(mark, remembered);
        }
        // After a burst has been forgotten its memory is given back.
        if self.0.capacity() > 4 * self.0.len() + 1024 {
            self.0.shrink_to_fit();
        }
    }

    fn set(&mut self, mark: u64, remembered: bool) {
        if remembered {
            self.0.insert(mark);
        } else {
            self.0.remove(&mark);
        }
    }
}

/// The same within one transaction.
pub(super) struct Duplicates<'t> {
    /// When, and a rising number → mark, and whether it was published or may be again.
    pub list: Table<'t, (i64, u64), (u64, bool)>,
    /// What this transaction changes.
    pub changes: HashMap<u64, bool>,
}

fn mark(scope: Scope, identity: u128) -> u64 {
    (identity as u64).wrapping_add(u64::from(scope).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

impl Duplicates<'_> {
    /// Whether the event was published before.
    pub(super) fn contains(&self, seen: &Seen, scope: Scope, identity: u128) -> bool {
        let mark = mark(scope, identity);
        self.changes.get(&mark).copied().unwrap_or_else(|| seen.0.contains(&mark))
    }

    /// Notes that it was published now. `number` rises with each note.
    pub(super) fn note(&mut self, scope: Scope, identity: u128, now: Timestamp, number: u64) -> Stored<()> {
        self.change(mark(scope, identity), true, now, number)
    }

    /// Lets an event of a queue be published again: it died, and may be replayed.
    pub(super) fn forget(
        &mut self,
        seen: &Seen,
        queue: u32,
        identity: u128,
        now: Timestamp,
        number: u64,
    ) -> Stored<()> {
        for (at, scope) in [0, 1, queue].into_iter().enumerate() {
            if self.contains(seen, scope, identity) {
                self.change(mark(scope, identity), false, now, number + at as u64)?;
            }
        }
        Ok(())
    }

    fn change(&mut self, mark: u64, remembered: bool, now: Timestamp, number: u64) -> Stored<()> {
        self.list.insert((now.as_millis(), number), (mark, remembered))?;
        self.changes.insert(mark, remembered);
        Ok(())
    }

    /// Takes away what is too old or too much.
    pub(super) fn prune(&mut self, now: Timestamp) -> Stored<()> {
        let mut excess = self.list.len()?.saturating_sub(REMEMBERED);
        for _ in 0..PRUNED_AT_ONCE {
            let oldest = self.list.first()?.map(|(key, value)| (key.value(), value.value()));
            let Some((key, (mark, remembered))) = oldest else { break };
            if excess == 0 && key.0 > now.as_millis() - REMEMBERED_MS {
                break;
            }
            excess = excess.saturating_sub(1);
            self.list.remove(key)?;
            if remembered {
                self.changes.insert(mark, false);
            }
        }
        Ok(())
    }
}
