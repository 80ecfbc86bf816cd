//! `WHERE` of the events list.

use domain::{
    TenantName,
    event::{EventFilter, EventStatus, EventType, PREFIX},
};
use sqlx::QueryBuilder;

use super::{Database, text};

/// Appends everything but the text search.
pub(super) fn push(query: &mut QueryBuilder<Database>, tenant: &TenantName, filter: &EventFilter) {
    query.push(" WHERE tenant = ").push_bind(tenant.to_string());
    if let Some(function) = &filter.function {
        query.push(" AND function = ").push_bind(function.to_string());
    }
    if let Some(kind) = filter.kind.as_deref().filter(|kind| *kind != "*") {
        push_kind(query, kind);
    }
    if let Some(source) = &filter.source {
        query.push(" AND source = ").push_bind(text(source).to_string());
    }
    if let Some(status) = filter.status {
        // Written out, not bound: only so the partial index of failed events is used.
        query.push(match status {
            EventStatus::Failed => " AND failed = 1",
            EventStatus::Ok => " AND failed = 0",
        });
    }
    if let Some(correlation) = &filter.correlation {
        query.push(" AND correlation = ").push_bind(text(correlation).to_string());
    }
    if let Some(since) = filter.since {
        query.push(" AND at >= ").push_bind(since.as_millis());
    }
    if let Some(until) = filter.until {
        query.push(" AND at < ").push_bind(until.as_millis());
    }
}

fn push_kind(query: &mut QueryBuilder<Database>, kind: &str) {
    match kind.strip_suffix('*') {
        None => {
            let ours = EventType::ALL.iter().any(|known| known.name() == kind);
            let full = if ours { format!("{PREFIX}{kind}") } else { kind.to_owned() };
            query.push(" AND kind = ").push_bind(text(&full).to_string());
        }
        Some(start) => {
            // The start may be given with or without our prefix; a range, so that an index serves.
            query.push(" AND (");
            for (at, start) in
                [format!("{PREFIX}{}", text(start)), text(start).to_string()].into_iter().enumerate()
            {
                if at > 0 {
                    query.push(" OR ");
                }
                query.push("(kind >= ").push_bind(start.clone());
                query.push(" AND kind < ").push_bind(format!("{start}\u{10ffff}")).push(")");
            }
            query.push(")");
        }
    }
}
