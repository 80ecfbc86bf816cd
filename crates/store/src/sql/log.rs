//! Logs.

use async_trait::async_trait;
use domain::{
    TenantName, Timestamp,
    log::{LogPage, LogQuery, LogState, LogTarget},
};
use sqlx::QueryBuilder;

use super::{
    Backend, Connection, FOR_UPDATE,
    log_line::{self, Row},
    text,
};
use crate::{Checkpoint, LogLimits, LogStore, NewLine, Result};

/// Lines in one `INSERT`: 8 values each, well under SQLite's limit of values.
const LINES_PER_INSERT: usize = 500;
/// What a line costs beside its text.
const LINE_BYTES: i64 = 64;
/// Lines that matched are counted up to here.
const COUNTED: i64 = 10_000;
/// Logs that expire at once.
const EXPIRED: i64 = 100;

/// A log without its lines.
#[derive(sqlx::FromRow, Clone)]
struct Head {
    log: i64,
    first: i64,
    last: i64,
    bytes: i64,
    state: String,
}

/// What a head is read for: whoever changes it holds its row, so that two writers number no line twice.
#[derive(PartialEq)]
enum To {
    Read,
    Change,
}

fn key(target: &LogTarget) -> (&'static str, &str) {
    match target {
        LogTarget::Build(id) => ("build", id.as_str()),
        LogTarget::Function(name) => ("function", name.as_str()),
    }
}

async fn head(
    connection: &mut Connection,
    tenant: &TenantName,
    target: &LogTarget,
    to: To,
) -> Result<Option<Head>> {
    let (kind, name) = key(target);
    let mut sql = QueryBuilder::new("SELECT log, first, last, bytes, state FROM logs WHERE tenant = ");
    sql.push_bind(tenant.as_str()).push(" AND kind = ").push_bind(kind).push(" AND name = ").push_bind(name);
    if to == To::Change {
        sql.push(FOR_UPDATE);
    }
    Ok(sql.build_query_as().fetch_optional(connection).await?)
}

async fn set_state(
    connection: &mut Connection,
    tenant: &TenantName,
    target: &LogTarget,
    state: &str,
    now: Timestamp,
) -> Result<()> {
    let (kind, name) = key(target);
    sqlx::query(
        "INSERT INTO logs (tenant, kind, name, first, last, bytes, state, updated_at)
         VALUES ($1, $2, $3, 1, 0, 0, $4, $5)
         ON CONFLICT (tenant, kind, name)
           DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at",
    )
    .bind(tenant.as_str())
    .bind(kind)
    .bind(name)
    .bind(state)
    .bind(now.as_millis())
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert(connection: &mut Connection, head: &mut Head, lines: &[NewLine]) -> Result<()> {
    let mut sql =
        QueryBuilder::new("INSERT INTO log_lines (log, number, at, stream, level, step, correlation, text) ");
    sql.push_values(lines, |mut row, line| {
        head.last += 1;
        head.bytes += line.text.len() as i64 + LINE_BYTES;
        row.push_bind(head.log)
            .push_bind(head.last)
            .push_bind(line.at.as_millis())
            .push_bind(log_line::stream(line.stream))
            .push_bind(log_line::level(line.level))
            .push_bind(line.group.as_deref().map(text))
            .push_bind(line.correlation.as_deref().map(text))
            .push_bind(text(&line.text));
    });
    sql.build().execute(connection).await?;
    Ok(())
}

/// Takes away the oldest lines above the limits, and a tenth of the limit more.
async fn trim(connection: &mut Connection, head: &mut Head, limits: LogLimits) -> Result<()> {
    let (most, most_bytes) = (limits.lines.max(1) as i64, limits.bytes.max(1) as i64);
    let count = head.last - head.first + 1;
    if count <= most && head.bytes <= most_bytes {
        return Ok(());
    }
    let by_count = if count > most { (count - most) + most / 10 } else { 0 };
    let by_bytes = if head.bytes > most_bytes {
        let share = (head.bytes - most_bytes + most_bytes / 10) as f64 / head.bytes as f64;
        (share * count as f64).ceil() as i64
    } else {
        0
    };
    // The newest line always stays.
    cut(connection, head, (head.first + by_count.max(by_bytes)).min(head.last)).await
}

/// Takes away the lines before number `first`.
async fn cut(connection: &mut Connection, head: &mut Head, first: i64) -> Result<()> {
    let gone: i64 = sqlx::query_scalar(
        "SELECT CAST(coalesce(sum(octet_length(text) + $3), 0) AS BIGINT) FROM log_lines
         WHERE log = $1 AND number < $2",
    )
    .bind(head.log)
    .bind(first)
    .bind(LINE_BYTES)
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM log_lines WHERE log = $1 AND number < $2")
        .bind(head.log)
        .bind(first)
        .execute(connection)
        .await?;
    head.first = first;
    head.bytes -= gone;
    Ok(())
}

#[async_trait]
impl LogStore for Backend {
    async fn open_log(&self, tenant: &TenantName, target: &LogTarget, now: Timestamp) -> Result<()> {
        let mut connection = self.write.acquire().await?;
        set_state(&mut connection, tenant, target, "open", now).await
    }

    async fn append_log(
        &self,
        tenant: &TenantName,
        target: &LogTarget,
        lines: &[NewLine],
        checkpoint: Option<&Checkpoint>,
        limits: LogLimits,
    ) -> Result<u64> {
        let mut transaction = self.write.begin().await?;
        let newest = lines.iter().map(|line| line.at).max().unwrap_or_default();
        let mut found = head(&mut transaction, tenant, target, To::Change).await?;
        if found.is_none() {
            set_state(&mut transaction, tenant, target, "open", newest).await?;
            found = head(&mut transaction, tenant, target, To::Change).await?;
        }
        let Some(mut head) = found else { return Ok(0) };
        for some in lines.chunks(LINES_PER_INSERT) {
            insert(&mut transaction, &mut head, some).await?;
        }
        trim(&mut transaction, &mut head, limits).await?;
        sqlx::query(
            "UPDATE logs SET first = $2, last = $3, bytes = $4,
               updated_at = CASE WHEN updated_at > $5 THEN updated_at ELSE $5 END WHERE log = $1",
        )
        .bind(head.log)
        .bind(head.first)
        .bind(head.last)
        .bind(head.bytes)
        .bind(newest.as_millis())
        .execute(&mut *transaction)
        .await?;
        if let Some(checkpoint) = checkpoint {
            sqlx::query(
                "INSERT INTO log_checkpoints (log, source, reached) VALUES ($1, $2, $3)
                 ON CONFLICT (log, source) DO UPDATE SET reached = excluded.reached",
            )
            .bind(head.log)
            .bind(text(&checkpoint.source))
            .bind(text(&checkpoint.position))
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(head.last as u64)
    }

    async fn log_checkpoint(
        &self,
        tenant: &TenantName,
        target: &LogTarget,
        source: &str,
    ) -> Result<Option<String>> {
        let (kind, name) = key(target);
        let reached = sqlx::query_scalar(
            "SELECT reached FROM log_checkpoints JOIN logs USING (log)
             WHERE tenant = $1 AND kind = $2 AND name = $3 AND source = $4",
        )
        .bind(tenant.as_str())
        .bind(kind)
        .bind(name)
        .bind(text(source))
        .fetch_optional(&self.read)
        .await?;
        Ok(reached)
    }

    async fn end_log(&self, tenant: &TenantName, target: &LogTarget, now: Timestamp) -> Result<()> {
        let mut connection = self.write.acquire().await?;
        set_state(&mut connection, tenant, target, "ended", now).await
    }

    async fn read_log(&self, tenant: &TenantName, target: &LogTarget, query: &LogQuery) -> Result<LogPage> {
        // One read transaction, so that head and lines are of the same moment.
        let mut transaction = self.snapshot().await?;
        let Some(head) = head(&mut transaction, tenant, target, To::Read).await? else {
            return Ok(LogPage {
                lines: Vec::new(),
                last: 0,
                first: 0,
                state: LogState::Waiting,
                matched: 0,
            });
        };
        let mut sql = QueryBuilder::new("SELECT number, at, stream, level, step, text");
        log_line::push_matching(&mut sql, head.log, query);
        if let Some(after) = query.after {
            sql.push(" AND number > ").push_bind(i64::try_from(after).unwrap_or(i64::MAX));
        }
        if let Some(before) = query.before {
            sql.push(" AND number < ").push_bind(i64::try_from(before).unwrap_or(i64::MAX));
        }
        let forward = query.after.is_some();
        sql.push(if forward { " ORDER BY number LIMIT " } else { " ORDER BY number DESC LIMIT " });
        sql.push_bind(i64::from(query.limit.unwrap_or(1000).clamp(1, 5000)));
        let rows: Vec<Row> = sql.build_query_as().fetch_all(&mut *transaction).await?;
        let mut lines: Vec<_> = rows.into_iter().map(Row::line).collect();
        if !forward {
            lines.reverse();
        }
        let kept = head.last - head.first + 1;
        let matched = if log_line::is_filtered(query) {
            let mut sql = QueryBuilder::new("SELECT count(*) FROM (SELECT 1");
            log_line::push_matching(&mut sql, head.log, query);
            sql.push(" LIMIT ").push_bind(COUNTED).push(") AS found");
            sql.build_query_scalar().fetch_one(&mut *transaction).await?
        } else {
            kept
        };
        Ok(LogPage {
            lines,
            last: head.last as u64,
            first: if kept > 0 { head.first as u64 } else { 0 },
            state: match head.state.as_str() {
                "ended" => LogState::Ended,
                "expired" => LogState::Expired,
                _ if head.last == 0 => LogState::Waiting,
                _ => LogState::Open,
            },
            matched: matched as u64,
        })
    }

    async fn last_log_number(&self, tenant: &TenantName, target: &LogTarget) -> Result<u64> {
        let mut connection = self.read.acquire().await?;
        Ok(head(&mut connection, tenant, target, To::Read).await?.map_or(0, |head| head.last as u64))
    }

    async fn expire_build_logs(&self, before: Timestamp) -> Result<u64> {
        let old: Vec<i64> = sqlx::query_scalar(
            "SELECT log FROM logs WHERE kind = 'build' AND updated_at < $1 AND state <> 'expired' LIMIT $2",
        )
        .bind(before.as_millis())
        .bind(EXPIRED)
        .fetch_all(&self.read)
        .await?;
        for log in &old {
            let mut transaction = self.write.begin().await?;
            remove_lines(&mut transaction, *log).await?;
            sqlx::query("UPDATE logs SET state = 'expired', first = last + 1, bytes = 0 WHERE log = $1")
                .bind(log)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await?;
        }
        Ok(old.len() as u64)
    }

    async fn cut_log(&self, tenant: &TenantName, target: &LogTarget, before: Timestamp) -> Result<()> {
        let mut transaction = self.write.begin().await?;
        let Some(mut head) = head(&mut transaction, tenant, target, To::Change).await? else { return Ok(()) };
        let first: Option<i64> =
            sqlx::query_scalar("SELECT min(number) FROM log_lines WHERE log = $1 AND at >= $2")
                .bind(head.log)
                .bind(before.as_millis())
                .fetch_one(&mut *transaction)
                .await?;
        let after_all = head.last + 1;
        cut(&mut transaction, &mut head, first.unwrap_or(after_all)).await?;
        sqlx::query("UPDATE logs SET first = $2, bytes = $3 WHERE log = $1")
            .bind(head.log)
            .bind(head.first)
            .bind(head.bytes)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn delete_log(&self, tenant: &TenantName, target: &LogTarget) -> Result<()> {
        let mut transaction = self.write.begin().await?;
        if let Some(head) = head(&mut transaction, tenant, target, To::Change).await? {
            remove_lines(&mut transaction, head.log).await?;
            sqlx::query("DELETE FROM logs WHERE log = $1").bind(head.log).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

async fn remove_lines(connection: &mut Connection, log: i64) -> Result<()> {
    sqlx::query("DELETE FROM log_lines WHERE log = $1").bind(log).execute(&mut *connection).await?;
    sqlx::query("DELETE FROM log_checkpoints WHERE log = $1").bind(log).execute(connection).await?;
    Ok(())
}
