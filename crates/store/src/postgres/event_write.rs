//! Events: writing and deleting.

use std::collections::{BTreeSet, HashMap};

use domain::{Timestamp, event::EventStatus};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;

use super::{Postgres, encode, partition, text};
use crate::{Appended, NewEvent, Result};

/// Events deleted one by one at once.
const PRUNED: i64 = 10_000;
/// Advisory lock of who appends: positions become visible in their order, so that a stream that
/// resumes after one misses none that another replica committed late.
const APPEND_LOCK: i64 = 0x6b6c_6576_656e_7473;

/// Hash of what an event is known by. Cryptographic, because a collision would lose an event.
fn identity(new: &NewEvent) -> Vec<u8> {
    let mut hasher = Sha256::new();
    for part in [new.tenant.as_str(), &new.event.source, &new.event.id] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize()[..16].to_vec()
}

pub(super) async fn append(store: &Postgres, events: &[NewEvent]) -> Result<Vec<Appended>> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let identities: Vec<Vec<u8>> = events.iter().map(identity).collect();
    let days: BTreeSet<i64> = events.iter().map(|new| partition::day(new.received_at)).collect();
    let mut transaction = store.write.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(APPEND_LOCK).execute(&mut *transaction).await?;
    partition::make(&mut transaction, &store.days, &days).await?;
    let mut positions: HashMap<Vec<u8>, i64> =
        sqlx::query_as("SELECT identity, position FROM event_identities WHERE identity = ANY($1)")
            .bind(&identities)
            .fetch_all(&mut *transaction)
            .await?
            .into_iter()
            .collect();
    let mut fresh: Vec<(&NewEvent, &Vec<u8>, i64)> = Vec::new();
    let mut appended = Vec::with_capacity(events.len());
    let mut numbers = next_positions(&mut transaction, events.len()).await?.into_iter();
    for (event, identity) in events.iter().zip(&identities) {
        if let Some(position) = positions.get(identity) {
            appended.push(Appended { position: *position, new: false });
        } else if let Some(position) = numbers.next() {
            positions.insert(identity.clone(), position);
            fresh.push((event, identity, position));
            appended.push(Appended { position, new: true });
        }
    }
    if !fresh.is_empty() {
        insert(&mut transaction, &fresh).await?;
    }
    transaction.commit().await?;
    store.days.note(&days);
    Ok(appended)
}

async fn next_positions(connection: &mut PgConnection, count: usize) -> Result<Vec<i64>> {
    let mut positions: Vec<i64> =
        sqlx::query_scalar("SELECT nextval('events_position') FROM generate_series(1, $1)")
            .bind(count as i64)
            .fetch_all(connection)
            .await?;
    positions.sort_unstable();
    Ok(positions)
}

/// One statement per table, however many events.
async fn insert(connection: &mut PgConnection, fresh: &[(&NewEvent, &Vec<u8>, i64)]) -> Result<()> {
    let column = |value: fn(&NewEvent) -> &str| -> Vec<String> {
        fresh.iter().map(|(new, _, _)| text(value(new)).into_owned()).collect()
    };
    let positions: Vec<i64> = fresh.iter().map(|(_, _, position)| *position).collect();
    let received: Vec<i64> = fresh.iter().map(|(new, _, _)| new.received_at.as_millis()).collect();
    let time = |new: &NewEvent| new.event.time.unwrap_or(new.received_at).as_millis();
    let failed = |new: &NewEvent| i64::from(new.event.status() == EventStatus::Failed);
    sqlx::query(
        "INSERT INTO event_identities (identity, position, received_at)
         SELECT * FROM unnest($1::bytea[], $2::bigint[], $3::bigint[])",
    )
    .bind(fresh.iter().map(|(_, identity, _)| (*identity).clone()).collect::<Vec<_>>())
    .bind(&positions)
    .bind(&received)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO events
           (position, tenant, function, source, id, kind, correlation, failed, at, received_at, event)
         SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
           $7::text[], $8::bigint[], $9::bigint[], $10::bigint[], $11::text[])",
    )
    .bind(&positions)
    .bind(column(|new| new.tenant.as_str()))
    .bind(fresh.iter().map(|(new, _, _)| new.function.as_ref().map(ToString::to_string)).collect::<Vec<_>>())
    .bind(column(|new| &new.event.source))
    .bind(column(|new| &new.event.id))
    .bind(column(|new| &new.event.kind))
    .bind(
        fresh
            .iter()
            .map(|(new, _, _)| new.event.correlation_id().map(|id| text(id).into_owned()))
            .collect::<Vec<_>>(),
    )
    .bind(fresh.iter().map(|(new, _, _)| failed(new)).collect::<Vec<_>>())
    .bind(fresh.iter().map(|(new, _, _)| time(new)).collect::<Vec<_>>())
    .bind(&received)
    .bind(fresh.iter().map(|(new, _, _)| encode("event", &new.event)).collect::<Result<Vec<_>>>()?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whole days by dropping their partition; the rest, and the identities, row by row.
pub(super) async fn prune(store: &Postgres, before: Timestamp) -> Result<u64> {
    partition::drop_before(store, before).await?;
    let gone: i64 = sqlx::query_scalar(
        "WITH gone AS (
           DELETE FROM event_identities WHERE identity IN
             (SELECT identity FROM event_identities WHERE received_at < $1
              ORDER BY received_at, position LIMIT $2)
           RETURNING position, received_at),
         rows AS (
           DELETE FROM events USING gone
           WHERE events.position = gone.position AND events.received_at = gone.received_at)
         SELECT count(*) FROM gone",
    )
    .bind(before.as_millis())
    .bind(PRUNED)
    .fetch_one(&store.write)
    .await?;
    Ok(gone as u64)
}
