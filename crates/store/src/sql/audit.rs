//! The audit trail.

use async_trait::async_trait;
use domain::{
    Cursor, Page,
    audit::{AuditCheck, AuditEntry, AuditFilter, AuditRecord},
};
use sqlx::QueryBuilder;

use super::{Backend, Database, FOR_UPDATE, decode, encode, text};
use crate::{AuditStore, Result, audit::link, cursor};

/// Rows that a check reads at once.
const AT_ONCE: i64 = 1000;

#[derive(sqlx::FromRow)]
struct Row {
    position: i64,
    at: i64,
    tenant: Option<String>,
    actor: String,
    action: String,
    object: String,
    result: String,
    correlation: String,
    entry: String,
    hash: String,
}

impl Row {
    fn record(&self) -> Result<AuditRecord> {
        Ok(AuditRecord {
            position: self.position,
            hash: self.hash.clone(),
            entry: decode("audit entry", &self.entry)?,
        })
    }

    /// The columns that lists look for say what the entry says.
    fn columns_agree(&self) -> bool {
        let Ok(AuditRecord { entry, .. }) = self.record() else { return false };
        self.at == entry.at.as_millis()
            && self.tenant.as_deref() == entry.tenant.as_ref().map(AsRef::as_ref)
            && self.actor == *text(&entry.actor)
            && self.action == *text(&entry.action)
            && self.object == *text(&entry.object)
            && self.result == entry.result.as_str()
            && self.correlation == *text(&entry.correlation_id)
    }
}

const COLUMNS: &str =
    "SELECT position, at, tenant, actor, action, object, result, correlation, entry, hash FROM audit";

#[async_trait]
impl AuditStore for Backend {
    async fn append_audit(&self, entry: &AuditEntry) -> Result<i64> {
        let stored = text(&encode("audit entry", entry)?).to_string();
        let mut transaction = self.write.begin().await?;
        let (position, previous): (i64, String) =
            QueryBuilder::<Database>::new("SELECT position, hash FROM audit_head WHERE one = 1")
                .push(FOR_UPDATE)
                .build_query_as()
                .fetch_one(&mut *transaction)
                .await?;
        let position = position + 1;
        let hash = link(&previous, position, &stored);
        sqlx::query(
            "INSERT INTO audit (position, at, tenant, actor, action, object, result, correlation, entry, hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(position)
        .bind(entry.at.as_millis())
        .bind(entry.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()))
        .bind(text(&entry.actor))
        .bind(text(&entry.action))
        .bind(text(&entry.object))
        .bind(entry.result.as_str())
        .bind(text(&entry.correlation_id))
        .bind(&stored)
        .bind(&hash)
        .execute(&mut *transaction)
        .await?;
        sqlx::query("UPDATE audit_head SET position = $1, hash = $2 WHERE one = 1")
            .bind(position)
            .bind(&hash)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(position)
    }

    async fn list_audit(
        &self,
        filter: &AuditFilter,
        from: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<AuditRecord>> {
        let [before] = cursor::decode(from)?;
        let mut query = QueryBuilder::<Database>::new(COLUMNS);
        query.push(" WHERE position < ").push_bind(before);
        let equal = [
            ("tenant", filter.tenant.as_ref().map(|tenant| tenant.as_str().to_owned())),
            ("actor", filter.actor.clone()),
            ("object", filter.object.clone()),
            ("result", filter.result.map(|result| result.as_str().to_owned())),
            ("correlation", filter.correlation.clone()),
        ];
        for (column, value) in equal {
            if let Some(value) = value {
                query.push(format!(" AND {column} = ")).push_bind(text(&value).to_string());
            }
        }
        if let Some(action) = &filter.action {
            // `function` is also `function.delete`, and not `functional`.
            let action = text(action).to_string();
            let below = action.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_") + ".%";
            query.push(" AND (action = ").push_bind(action);
            query.push(" OR action LIKE ").push_bind(below).push(" ESCAPE '\\')");
        }
        if let Some(since) = filter.since {
            query.push(" AND at >= ").push_bind(since.as_millis());
        }
        if let Some(until) = filter.until {
            query.push(" AND at < ").push_bind(until.as_millis());
        }
        query.push(" ORDER BY position DESC LIMIT ").push_bind(i64::from(limit) + 1);
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.read).await?;
        let records = rows.iter().map(Row::record).collect::<Result<Vec<_>>>()?;
        Ok(cursor::page(records, limit, |record| vec![record.position]))
    }

    async fn verify_audit(&self) -> Result<AuditCheck> {
        let mut snapshot = self.snapshot().await?;
        let (last, head): (i64, String) =
            sqlx::query_as("SELECT position, hash FROM audit_head WHERE one = 1")
                .fetch_one(&mut *snapshot)
                .await?;
        let mut previous = String::new();
        let mut checked = 0;
        let broken =
            |checked: i64, why: String| AuditCheck { checked, broken: Some(why), head: head.clone() };
        loop {
            let mut query = QueryBuilder::<Database>::new(COLUMNS);
            query.push(" WHERE position > ").push_bind(checked);
            query.push(" ORDER BY position LIMIT ").push_bind(AT_ONCE);
            let rows: Vec<Row> = query.build_query_as().fetch_all(&mut *snapshot).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if row.position != checked + 1 {
                    return Ok(broken(checked, format!("Row {} is missing.", checked + 1)));
                }
                if link(&previous, row.position, &row.entry) != row.hash || !row.columns_agree() {
                    return Ok(broken(checked, format!("Row {} was changed.", row.position)));
                }
                checked = row.position;
                previous = row.hash;
            }
        }
        if checked != last || previous != head {
            return Ok(broken(checked, format!("The trail ends with row {checked}; there were {last}.")));
        }
        Ok(AuditCheck { checked, broken: None, head })
    }
}
