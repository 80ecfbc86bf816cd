//! Calls.

use async_trait::async_trait;
use domain::{Cursor, FunctionName, Page, TenantName, Timestamp, invocation::Invocation};

use super::{Backend, decode, encode, text};
use crate::{InvocationStats, InvocationStore, Result, cursor};

/// Calls that the figures are taken from.
const MEASURED: i64 = 10_000;
/// Calls deleted at once.
const PRUNED: i64 = 10_000;

#[async_trait]
impl InvocationStore for Backend {
    async fn append_invocations(&self, invocations: &[Invocation]) -> Result<()> {
        let mut transaction = self.write.begin().await?;
        for call in invocations {
            sqlx::query(
                "INSERT INTO invocations (id, tenant, function, at, status, total_ms, cold, invocation)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant, id) DO NOTHING",
            )
            .bind(text(&call.id))
            .bind(call.tenant.as_str())
            .bind(call.function.as_str())
            .bind(call.at.as_millis())
            .bind(i64::from(call.status))
            .bind(call.queue_ms + call.run_ms)
            .bind(i64::from(call.cold_start.is_some()))
            .bind(encode("invocation", call)?)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    async fn list_invocations(
        &self,
        tenant: &TenantName,
        function: &FunctionName,
        from: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Invocation>> {
        let [at, position] = cursor::decode(from)?;
        let rows: Vec<(i64, i64, String)> = sqlx::query_as(
            "SELECT at, position, invocation FROM invocations
             WHERE tenant = $1 AND function = $2 AND (at, position) < ($3, $4)
             ORDER BY at DESC, position DESC LIMIT $5",
        )
        .bind(tenant.as_str())
        .bind(function.as_str())
        .bind(at)
        .bind(position)
        .bind(i64::from(limit) + 1)
        .fetch_all(&self.read)
        .await?;
        let page = cursor::page(rows, limit, |(at, position, _)| vec![*at, *position]);
        let items =
            page.items.iter().map(|(_, _, call)| decode("invocation", call)).collect::<Result<_>>()?;
        Ok(Page { items, next: page.next })
    }

    async fn invocation_stats(
        &self,
        tenant: &TenantName,
        function: &FunctionName,
        since: Timestamp,
    ) -> Result<InvocationStats> {
        let rows: Vec<(i64, f64, i64)> = sqlx::query_as(
            "SELECT status, total_ms, cold FROM invocations
             WHERE tenant = $1 AND function = $2 AND at >= $3 ORDER BY at DESC LIMIT $4",
        )
        .bind(tenant.as_str())
        .bind(function.as_str())
        .bind(since.as_millis())
        .bind(MEASURED)
        .fetch_all(&self.read)
        .await?;
        let mut times: Vec<f64> = rows.iter().map(|(_, total, _)| *total).collect();
        times.sort_by(f64::total_cmp);
        // Nearest rank: the least time that so many percent of the calls did not exceed.
        let percentile = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).max(1);
            times.get(rank - 1).copied().unwrap_or_default()
        };
        Ok(InvocationStats {
            calls: rows.len() as i64,
            errors: rows.iter().filter(|(status, _, _)| *status >= 500).count() as i64,
            cold_starts: rows.iter().filter(|(_, _, cold)| *cold == 1).count() as i64,
            p50_ms: percentile(50),
            p95_ms: percentile(95),
            p99_ms: percentile(99),
        })
    }

    async fn prune_invocations(&self, before: Timestamp) -> Result<u64> {
        let done = sqlx::query(
            "DELETE FROM invocations WHERE position IN
               (SELECT position FROM invocations WHERE at < $1 ORDER BY at LIMIT $2)",
        )
        .bind(before.as_millis())
        .bind(PRUNED)
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected())
    }
}
