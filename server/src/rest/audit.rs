//! The audit trail: a page of it, or all of it as a file.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use domain::{
    Cursor, TenantName, Timestamp,
    audit::{AuditFilter, AuditRecord, AuditResult},
    identity::Caller,
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    auth::Signed,
    extract::{Json, Path, Query},
    problem::{Answer, Refusal},
    state::AppState,
};

/// Filter, page and form of the answer.
#[derive(Deserialize, Default)]
pub(crate) struct Wanted {
    tenant: Option<TenantName>,
    actor: Option<String>,
    action: Option<String>,
    object: Option<String>,
    result: Option<AuditResult>,
    correlation: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    cursor: Option<Cursor>,
    limit: Option<u32>,
    /// `json` or `csv`: everything, as a file.
    format: Option<String>,
}

/// Of all tenants, for administrators.
pub(crate) async fn all(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Query(wanted): Query<Wanted>,
) -> Answer {
    answer(&state, &caller, wanted).await
}

/// Of one tenant; those who are no owners see their own acts.
pub(crate) async fn of_tenant(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    Query(wanted): Query<Wanted>,
) -> Answer {
    answer(&state, &caller, Wanted { tenant: Some(tenant), ..wanted }).await
}

async fn answer(state: &AppState, caller: &Caller, wanted: Wanted) -> Answer {
    let Wanted { tenant, actor, action, object, result, correlation, since, until, cursor, limit, format } =
        wanted;
    let filter = AuditFilter { tenant, actor, action, object, result, correlation, since, until };
    match format.as_deref() {
        None => {
            let page = state.platform.list_audit(caller, filter, cursor, limit).await;
            Ok(Json(page.map_err(Refusal::of(caller))?).into_response())
        }
        Some("json") => {
            let records = state.platform.export_audit(caller, filter).await.map_err(Refusal::of(caller))?;
            Ok(file("audit.json", "application/json", json!({"items": records}).to_string()))
        }
        Some("csv") => {
            let records = state.platform.export_audit(caller, filter).await.map_err(Refusal::of(caller))?;
            Ok(file("audit.csv", "text/csv; charset=utf-8", csv(&records)))
        }
        Some(_) => Err(Refusal::field("format", "Write json or csv.")),
    }
}

fn file(name: &str, kind: &'static str, body: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], body)
        .into_response()
}

fn csv(records: &[AuditRecord]) -> String {
    let mut text = String::from(
        "position,at,actor,actor_name,tenant,action,object,result,reason,before,after,correlation_id,address,hash\r\n",
    );
    for AuditRecord { position, hash, entry } in records {
        let changes = |fields| serde_json::to_string(fields).unwrap_or_default();
        let cells = [
            position.to_string(),
            entry.at.to_string(),
            entry.actor.clone(),
            entry.actor_name.clone(),
            entry.tenant.as_ref().map(ToString::to_string).unwrap_or_default(),
            entry.action.clone(),
            entry.object.clone(),
            entry.result.as_str().to_owned(),
            entry.reason.clone(),
            changes(&entry.before),
            changes(&entry.after),
            entry.correlation_id.clone(),
            entry.address.clone().unwrap_or_default(),
            hash.clone(),
        ];
        text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        text.push_str("\r\n");
    }
    text
}

/// A cell that no spreadsheet takes for a formula.
fn quoted(cell: &str) -> String {
    let guard = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_a_formula_nor_two_cells() {
        assert_eq!(quoted("=cmd()"), "\"'=cmd()\"");
        assert_eq!(quoted("a\",b"), "\"a\"\",b\"");
    }
}
