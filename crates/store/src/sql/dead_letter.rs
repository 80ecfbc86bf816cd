//! Dead letters.

use async_trait::async_trait;
use domain::{
    Cursor, Page, TenantName,
    deadletter::{DeadLetter, FailureKind},
};
use sqlx::QueryBuilder;

use super::{Backend, decode, encode};
use crate::{DeadLetterFilter, DeadLetterStore, NewDeadLetter, Result, cursor};

const fn kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Permanent => "permanent",
        FailureKind::Transient => "transient",
    }
}

fn letter((position, text): (i64, String)) -> Result<DeadLetter> {
    let stored: DeadLetter = decode("dead letter", &text)?;
    Ok(DeadLetter { position, ..stored })
}

#[async_trait]
impl DeadLetterStore for Backend {
    async fn append_dead_letter(&self, new: &NewDeadLetter) -> Result<i64> {
        let stored = DeadLetter {
            position: 0,
            tenant: new.tenant.clone(),
            function: new.function.clone(),
            queue: new.queue.clone(),
            kind: new.kind,
            reason: new.reason.clone(),
            attempts: new.attempts.clone(),
            died_at: new.died_at,
            event: new.event.clone(),
        };
        // The update changes nothing; it makes RETURNING answer for a duplicate too.
        let position = sqlx::query_scalar(
            "INSERT INTO dead_letters (tenant, function, queue, source, id, kind, died_at, letter)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (tenant, queue, source, id, died_at) DO UPDATE SET queue = excluded.queue
             RETURNING position",
        )
        .bind(new.tenant.as_str())
        .bind(new.function.as_str())
        .bind(&new.queue)
        .bind(&new.event.source)
        .bind(&new.event.id)
        .bind(kind(new.kind))
        .bind(new.died_at.as_millis())
        .bind(encode("dead letter", &stored)?)
        .fetch_one(&self.write)
        .await?;
        Ok(position)
    }

    async fn list_dead_letters(
        &self,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
        from: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<DeadLetter>> {
        let [before] = cursor::decode(from)?;
        let mut query = QueryBuilder::new("SELECT position, letter FROM dead_letters WHERE tenant = ");
        query.push_bind(tenant.as_str()).push(" AND position < ").push_bind(before);
        if let Some(function) = &filter.function {
            query.push(" AND function = ").push_bind(function.as_str());
        }
        if let Some(wanted) = filter.kind {
            query.push(" AND kind = ").push_bind(kind(wanted));
        }
        query.push(" ORDER BY position DESC LIMIT ").push_bind(i64::from(limit) + 1);
        let rows: Vec<(i64, String)> = query.build_query_as().fetch_all(&self.read).await?;
        let letters = rows.into_iter().map(letter).collect::<Result<Vec<_>>>()?;
        Ok(cursor::page(letters, limit, |letter| vec![letter.position]))
    }

    async fn get_dead_letter(&self, tenant: &TenantName, position: i64) -> Result<Option<DeadLetter>> {
        let row: Option<(i64, String)> =
            sqlx::query_as("SELECT position, letter FROM dead_letters WHERE tenant = $1 AND position = $2")
                .bind(tenant.as_str())
                .bind(position)
                .fetch_optional(&self.read)
                .await?;
        row.map(letter).transpose()
    }

    async fn delete_dead_letter(&self, tenant: &TenantName, position: i64) -> Result<bool> {
        let done = sqlx::query("DELETE FROM dead_letters WHERE tenant = $1 AND position = $2")
            .bind(tenant.as_str())
            .bind(position)
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}
