//! Dead letters.

use async_trait::async_trait;
use domain::{
    Cursor, Page, TenantName, Timestamp,
    deadletter::{DeadLetter, DeadLetterGroup},
};
use sqlx::QueryBuilder;

use super::{Backend, Database, decode, encode, name, text};
use crate::{DeadLetterCount, DeadLetterFilter, DeadLetterStore, Error, NewDeadLetter, Result, cursor};

fn push(query: &mut QueryBuilder<Database>, tenant: &TenantName, filter: &DeadLetterFilter) {
    query.push(" WHERE tenant = ").push_bind(tenant.to_string());
    let texts = [
        (" AND function = ", filter.function.as_ref().map(ToString::to_string)),
        (" AND kind = ", filter.kind.map(|kind| kind.as_str().to_owned())),
        (" AND error = ", filter.error.clone()),
        (" AND event_type = ", filter.event_type.clone()),
        (" AND correlation = ", filter.correlation.clone()),
    ];
    for (condition, value) in texts {
        if let Some(value) = value {
            query.push(condition).push_bind(text(&value).to_string());
        }
    }
    if !filter.positions.is_empty() {
        let mut list = query.push(" AND position IN (").separated(", ");
        for position in &filter.positions {
            list.push_bind(*position);
        }
        query.push(")");
    }
}

fn letter((position, json): (i64, String)) -> Result<DeadLetter> {
    let stored: DeadLetter = decode("dead letter", &json)?;
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
        // Between the letter in its queue and its acknowledgement lies a crash: the same event may die twice.
        let known: Option<i64> = sqlx::query_scalar(
            "SELECT position FROM dead_letters
             WHERE tenant = $1 AND queue = $2 AND source = $3 AND id = $4 AND replays = $5",
        )
        .bind(new.tenant.as_str())
        .bind(text(&new.queue))
        .bind(text(&new.event.source))
        .bind(text(&new.event.id))
        .bind(stored.replays())
        .fetch_optional(&self.write)
        .await?;
        if let Some(position) = known {
            return Ok(position);
        }
        // The update changes nothing; it makes RETURNING answer for a duplicate too.
        let position = sqlx::query_scalar(
            "INSERT INTO dead_letters
               (tenant, function, queue, source, id, kind, died_at, letter, error, event_type, correlation, replays)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             ON CONFLICT (tenant, queue, source, id, died_at) DO UPDATE SET queue = excluded.queue
             RETURNING position",
        )
        .bind(new.tenant.as_str())
        .bind(new.function.as_ref().map_or("", |function| function.as_str()))
        .bind(text(&new.queue))
        .bind(text(&new.event.source))
        .bind(text(&new.event.id))
        .bind(new.kind.as_str())
        .bind(new.died_at.as_millis())
        .bind(encode("dead letter", &stored)?)
        .bind(text(&stored.error()).to_string())
        .bind(text(&new.event.kind))
        .bind(new.event.correlation_id().map(|id| text(id).to_string()))
        .bind(stored.replays())
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
        let mut query = QueryBuilder::new("SELECT position, letter FROM dead_letters");
        push(&mut query, tenant, filter);
        query.push(" AND position < ").push_bind(before);
        query.push(" ORDER BY position DESC LIMIT ").push_bind(i64::from(limit) + 1);
        let rows: Vec<(i64, String)> = query.build_query_as().fetch_all(&self.read).await?;
        let letters = rows.into_iter().map(letter).collect::<Result<Vec<_>>>()?;
        Ok(cursor::page(letters, limit, |letter| vec![letter.position]))
    }

    async fn group_dead_letters(
        &self,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
    ) -> Result<Vec<DeadLetterGroup>> {
        let mut query = QueryBuilder::new(
            "SELECT error, kind, COUNT(*), COUNT(DISTINCT NULLIF(function, '')), MIN(died_at), MAX(died_at) FROM dead_letters",
        );
        push(&mut query, tenant, filter);
        query.push(" GROUP BY error, kind ORDER BY MAX(died_at) DESC LIMIT 100");
        let rows: Vec<(String, String, i64, i64, i64, i64)> =
            query.build_query_as().fetch_all(&self.read).await?;
        let group = |(error, kind, count, functions, first, last): (String, String, i64, i64, i64, i64)| {
            Ok(DeadLetterGroup {
                error,
                kind: kind.parse().map_err(|()| Error::row("dead letter", kind))?,
                count: count.unsigned_abs(),
                functions: functions.unsigned_abs(),
                first: Timestamp::from_millis(first),
                last: Timestamp::from_millis(last),
            })
        };
        rows.into_iter().map(group).collect()
    }

    async fn count_dead_letters(
        &self,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
        upto: i64,
    ) -> Result<Vec<DeadLetterCount>> {
        let mut query = QueryBuilder::new(
            "SELECT function, COUNT(*), COUNT(CASE WHEN replays > 0 THEN 1 END), MIN(died_at), MAX(died_at),
               MAX(position) FROM dead_letters",
        );
        push(&mut query, tenant, filter);
        query.push(" AND position <= ").push_bind(upto);
        query.push(" GROUP BY function ORDER BY COUNT(*) DESC, function");
        let rows: Vec<(String, i64, i64, i64, i64, i64)> =
            query.build_query_as().fetch_all(&self.read).await?;
        let count = |(function, count, repeated, oldest, newest, upto): (String, i64, i64, i64, i64, i64)| {
            Ok(DeadLetterCount {
                // A letter that was for no function has an empty name.
                function: (!function.is_empty()).then(|| name("dead letter", &function)).transpose()?,
                count: count.unsigned_abs(),
                repeated: repeated.unsigned_abs(),
                oldest: Timestamp::from_millis(oldest),
                newest: Timestamp::from_millis(newest),
                upto,
            })
        };
        rows.into_iter().map(count).collect()
    }

    async fn some_dead_letters(&self, tenant: &TenantName, most: u32) -> Result<u64> {
        let count: i64 = sqlx::query_scalar(
            "SELECT COUNT(*) FROM (SELECT 1 FROM dead_letters WHERE tenant = $1 LIMIT $2) AS found",
        )
        .bind(tenant.as_str())
        .bind(i64::from(most))
        .fetch_one(&self.read)
        .await?;
        Ok(count.unsigned_abs())
    }

    async fn dead_letters_between(
        &self,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
        after: i64,
        upto: i64,
        limit: u32,
    ) -> Result<Vec<DeadLetter>> {
        let mut query = QueryBuilder::new("SELECT position, letter FROM dead_letters");
        push(&mut query, tenant, filter);
        query.push(" AND position > ").push_bind(after).push(" AND position <= ").push_bind(upto);
        query.push(" ORDER BY position LIMIT ").push_bind(i64::from(limit));
        let rows: Vec<(i64, String)> = query.build_query_as().fetch_all(&self.read).await?;
        rows.into_iter().map(letter).collect()
    }

    async fn delete_dead_letters(
        &self,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
        upto: i64,
    ) -> Result<u64> {
        let mut query = QueryBuilder::new("DELETE FROM dead_letters");
        push(&mut query, tenant, filter);
        query.push(" AND position <= ").push_bind(upto);
        Ok(query.build().execute(&self.write).await?.rows_affected())
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
