//! Which events were published already.
//!
//! Remembered for 24 h, and never more than a million: at 40 bytes each the file stays small under
//! any load, and what a publisher repeats it repeats within minutes.

use domain::Timestamp;
use redb::{ReadableTable, ReadableTableMetadata, Table};

/// Milliseconds that an event is remembered.
const REMEMBERED_MS: i64 = 86_400_000;
/// Events that are remembered at most.
const REMEMBERED: u64 = 1_000_000;
/// Old entries taken away in one transaction.
const PRUNED_AT_ONCE: usize = 20_000;

type Stored<T> = Result<T, redb::Error>;

/// Within which scope an event is unique: an exchange, or a queue it was published to by name.
pub(super) type Scope = u32;

/// Scopes below this are exchanges; queue ids begin here.
pub(super) const FIRST_QUEUE: u32 = 16;

/// The two tables within one transaction.
pub(super) struct Duplicates<'t> {
    pub seen: Table<'t, (u32, u128), i64>,
    pub order: Table<'t, (i64, u64), (u32, u128)>,
}

impl Duplicates<'_> {
    /// Whether the event was published within the last 24 h.
    pub(super) fn contains(&self, scope: Scope, identity: u128, now: Timestamp) -> Stored<bool> {
        let at = self.seen.get((scope, identity))?.map(|at| at.value());
        Ok(at.is_some_and(|at| at > now.as_millis() - REMEMBERED_MS))
    }

    /// Notes that it was published now. `number` rises with each.
    pub(super) fn note(&mut self, scope: Scope, identity: u128, now: Timestamp, number: u64) -> Stored<()> {
        self.seen.insert((scope, identity), now.as_millis())?;
        self.order.insert((now.as_millis(), number), (scope, identity))?;
        Ok(())
    }

    /// Lets the event be published again: it died, and may be replayed.
    pub(super) fn forget(&mut self, queue: u32, identity: u128) -> Stored<()> {
        for scope in (0..2).chain([queue]) {
            self.seen.remove((scope, identity))?;
        }
        Ok(())
    }

    /// Takes away what is too old or too much.
    pub(super) fn prune(&mut self, now: Timestamp) -> Stored<()> {
        let mut excess = self.order.len()?.saturating_sub(REMEMBERED);
        for _ in 0..PRUNED_AT_ONCE {
            let oldest = self.order.first()?.map(|(key, value)| (key.value(), value.value()));
            let Some(((at, number), event)) = oldest else { break };
            if excess == 0 && at > now.as_millis() - REMEMBERED_MS {
                break;
            }
            excess = excess.saturating_sub(1);
            self.order.remove((at, number))?;
            // Forgotten and published again, the event has a younger entry too.
            if self.seen.get(event)?.is_some_and(|seen| seen.value() == at) {
                self.seen.remove(event)?;
            }
        }
        Ok(())
    }
}
