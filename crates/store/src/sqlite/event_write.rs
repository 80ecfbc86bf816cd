//! Events: writing and deleting.

use domain::{Timestamp, event::EventStatus};
use sqlx::SqliteConnection;

use super::{Sqlite, encode};
use crate::{Appended, NewEvent, Result};

/// Events deleted at once.
const PRUNED: i64 = 10_000;

pub(super) async fn append(store: &Sqlite, events: &[NewEvent]) -> Result<Vec<Appended>> {
    let mut transaction = store.write.begin().await?;
    let mut appended = Vec::with_capacity(events.len());
    for event in events {
        appended.push(append_one(&mut transaction, event).await?);
    }
    transaction.commit().await?;
    Ok(appended)
}

pub(super) async fn prune(store: &Sqlite, before: Timestamp) -> Result<u64> {
    let done = sqlx::query(
        "DELETE FROM events WHERE position IN
           (SELECT position FROM events WHERE received_at < $1 ORDER BY received_at LIMIT $2)",
    )
    .bind(before.as_millis())
    .bind(PRUNED)
    .execute(&store.write)
    .await?;
    Ok(done.rows_affected())
}

async fn append_one(connection: &mut SqliteConnection, new: &NewEvent) -> Result<Appended> {
    let event = &new.event;
    let inserted: Option<i64> = sqlx::query_scalar(
        "INSERT INTO events
           (tenant, function, source, id, kind, correlation, failed, at, received_at, event)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (tenant, source, id) DO NOTHING RETURNING position",
    )
    .bind(new.tenant.as_str())
    .bind(new.function.as_ref().map(|function| function.as_str()))
    .bind(&event.source)
    .bind(&event.id)
    .bind(&event.kind)
    .bind(event.correlation_id())
    .bind(i64::from(event.status() == EventStatus::Failed))
    .bind(event.time.unwrap_or(new.received_at).as_millis())
    .bind(new.received_at.as_millis())
    .bind(encode("event", event)?)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(position) = inserted {
        return Ok(Appended { position, new: true });
    }
    let position =
        sqlx::query_scalar("SELECT position FROM events WHERE tenant = $1 AND source = $2 AND id = $3")
            .bind(new.tenant.as_str())
            .bind(&event.source)
            .bind(&event.id)
            .fetch_one(connection)
            .await?;
    Ok(Appended { position, new: false })
}
