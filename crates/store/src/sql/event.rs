//! Events: reading. What is written, and how it is deleted, differs: `event_write.rs` of each dialect.

use async_trait::async_trait;
use domain::{
    Cursor, Page, TenantName, Timestamp,
    event::{EventFilter, EventOverview, EventRecord},
};
use sqlx::QueryBuilder;

use super::{Backend, Database, LIKE, decode, encode, event_filter, event_write, like, name, text};
use crate::{Appended, EventStore, NewEvent, Result, cursor};

/// Events that one page of a text search looks at.
const SEARCHED: i64 = 20_000;
/// Events of one chain.
const CHAIN: i64 = 1_000;

const COLUMNS: &str = "position, at, tenant, function, received_at, event";

#[derive(sqlx::FromRow)]
struct Row {
    position: i64,
    at: i64,
    tenant: String,
    function: Option<String>,
    received_at: i64,
    event: String,
}

impl Row {
    fn record(self) -> Result<EventRecord> {
        Ok(EventRecord {
            position: self.position,
            tenant: name("event", &self.tenant)?,
            function: self.function.as_deref().map(|function| name("event", function)).transpose()?,
            received_at: Timestamp::from_millis(self.received_at),
            event: decode("event", &self.event)?,
        })
    }
}

fn records(rows: Vec<Row>) -> Result<Vec<EventRecord>> {
    rows.into_iter().map(Row::record).collect()
}

#[async_trait]
impl EventStore for Backend {
    async fn append_events(&self, events: &[NewEvent]) -> Result<Vec<Appended>> {
        event_write::append(self, events).await
    }

    async fn list_events(
        &self,
        tenant: &TenantName,
        filter: &EventFilter,
        from: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<EventRecord>> {
        let [at, position] = cursor::decode(from)?;
        let matching = |columns: &str| {
            let mut query = QueryBuilder::new(format!("SELECT {columns} FROM events"));
            event_filter::push(&mut query, tenant, filter);
            query.push(" AND (at, position) < (").push_bind(at).push(", ").push_bind(position).push(")");
            query.push(" ORDER BY at DESC, position DESC LIMIT ");
            query
        };
        let text = filter.text.as_deref().filter(|text| !text.is_empty());
        let mut query = matching(COLUMNS);
        if let Some(text) = text {
            query = QueryBuilder::new("SELECT * FROM (");
            query.push(format!("SELECT {COLUMNS} FROM events"));
            event_filter::push(&mut query, tenant, filter);
            query.push(" AND (at, position) < (").push_bind(at).push(", ").push_bind(position).push(")");
            query.push(" ORDER BY at DESC, position DESC LIMIT ").push_bind(SEARCHED);
            // The event is JSON text, so what is looked for is escaped as JSON too.
            let json = encode("search text", &text)?;
            query.push(") AS searched WHERE event ").push(LIKE).push_bind(like(&json[1..json.len() - 1]));
            query.push(" ESCAPE '\\' LIMIT ");
        }
        query.push_bind(i64::from(limit) + 1);
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.read).await?;
        let page = cursor::page(rows, limit, |row| vec![row.at, row.position]);
        let mut next = page.next;
        if text.is_some() && next.is_none() {
            let mut end = matching("at, position");
            end.push("1 OFFSET ").push_bind(SEARCHED - 1);
            let end: Option<(i64, i64)> = end.build_query_as().fetch_optional(&self.read).await?;
            next = end.map(|(at, position)| cursor::encode(&[at, position]));
        }
        Ok(Page { items: records(page.items)?, next })
    }

    async fn event_overview(
        &self,
        tenant: &TenantName,
        filter: &EventFilter,
        most: u32,
        steps: u32,
    ) -> Result<Option<EventOverview>> {
        if filter.text.as_deref().is_some_and(|text| !text.is_empty()) {
            return Ok(None);
        }
        // The newest of them, by an index that has the time: their rows are not read.
        let newest = |query: &mut QueryBuilder<Database>| {
            query.push(" FROM (SELECT at FROM events");
            event_filter::push(query, tenant, filter);
            query
                .push(" ORDER BY at DESC, position DESC LIMIT ")
                .push_bind(i64::from(most))
                .push(") AS newest");
        };
        let mut ends = QueryBuilder::new("SELECT COUNT(*), MIN(at), MAX(at)");
        newest(&mut ends);
        let ends: (i64, Option<i64>, Option<i64>) = ends.build_query_as().fetch_one(&self.read).await?;
        let (count, Some(first), Some(last)) = ends else { return Ok(None) };
        let step_ms = (last - first) / i64::from(steps.max(1)) + 1;
        let mut counted = QueryBuilder::new("SELECT step, COUNT(*) FROM (SELECT (at - ");
        counted.push_bind(first).push(") / ").push_bind(step_ms).push(" AS step");
        newest(&mut counted);
        counted.push(") AS steps GROUP BY step");
        let found: Vec<(i64, i64)> = counted.build_query_as().fetch_all(&self.read).await?;
        let mut counts = vec![0; steps.max(1) as usize];
        for (step, count) in found {
            if let Some(place) = usize::try_from(step).ok().and_then(|step| counts.get_mut(step)) {
                *place = count.unsigned_abs();
            }
        }
        let from = Timestamp::from_millis(first);
        Ok(Some(EventOverview { from, step_ms, counts, more: count >= i64::from(most) }))
    }

    async fn get_event(&self, tenant: &TenantName, position: i64) -> Result<Option<EventRecord>> {
        let row: Option<Row> = sqlx::query_as(
            "SELECT position, at, tenant, function, received_at, event FROM events
             WHERE position = $1 AND tenant = $2",
        )
        .bind(position)
        .bind(tenant.as_str())
        .fetch_optional(&self.read)
        .await?;
        row.map(Row::record).transpose()
    }

    async fn event_chain(&self, tenant: &TenantName, correlation: &str) -> Result<Vec<EventRecord>> {
        let rows = sqlx::query_as(
            "SELECT position, at, tenant, function, received_at, event FROM events
             WHERE tenant = $1 AND correlation = $2 ORDER BY at, position LIMIT $3",
        )
        .bind(tenant.as_str())
        .bind(text(correlation))
        .bind(CHAIN)
        .fetch_all(&self.read)
        .await?;
        records(rows)
    }

    async fn prune_events(&self, before: Timestamp) -> Result<u64> {
        event_write::prune(self, before).await
    }
}
