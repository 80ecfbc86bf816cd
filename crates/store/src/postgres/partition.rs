//! Partitions of the events: one per day of arrival.

use std::{collections::BTreeSet, sync::Mutex};

use domain::Timestamp;
use sqlx::{AssertSqlSafe, PgConnection};

use super::Postgres;
use crate::Result;

const DAY_MS: i64 = 86_400_000;

/// Days whose partition is known to be there.
#[derive(Debug, Default)]
pub(super) struct Days(Mutex<BTreeSet<i64>>);

impl Days {
    fn knows(&self, day: i64) -> bool {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).contains(&day)
    }

    /// To be called when what made them is committed.
    pub(super) fn note(&self, days: &BTreeSet<i64>) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).extend(days);
    }

    fn forget(&self, day: i64) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&day);
    }
}

/// The day of a time, counted from 1970.
pub(super) const fn day(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(DAY_MS)
}

/// A day before 1970 has a name too.
fn table(day: i64) -> String {
    format!("events_day_{}{}", if day < 0 { "m" } else { "" }, day.unsigned_abs())
}

fn day_of(table: &str) -> Option<i64> {
    let digits = table.strip_prefix("events_day_")?;
    match digits.strip_prefix('m') {
        Some(digits) => digits.parse::<i64>().ok().map(|day| -day),
        None => digits.parse().ok(),
    }
}

/// Makes the partitions of these days that are not there yet.
pub(super) async fn make(connection: &mut PgConnection, known: &Days, days: &BTreeSet<i64>) -> Result<()> {
    for day in days.iter().filter(|day| !known.knows(**day)) {
        let (name, from, to) = (table(*day), day * DAY_MS, (day + 1) * DAY_MS);
        sqlx::query(AssertSqlSafe(format!(
            "CREATE TABLE IF NOT EXISTS {name} PARTITION OF events FOR VALUES FROM ({from}) TO ({to})"
        )))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Drops the partitions that end before a time: at the price of one, however many events they have.
pub(super) async fn drop_before(store: &Postgres, before: Timestamp) -> Result<()> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = 'events'::regclass",
    )
    .fetch_all(&store.read)
    .await?;
    for day in tables.iter().filter_map(|name| day_of(name)).filter(|found| *found < day(before)) {
        store.days.forget(day);
        sqlx::query(AssertSqlSafe(format!("DROP TABLE IF EXISTS {}", table(day))))
            .execute(&store.write)
            .await?;
    }
    Ok(())
}
