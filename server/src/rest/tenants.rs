//! Tenants as manifests.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
};
use domain::{
    Page, TenantName,
    tenant::{TenantQuery, TenantTotals},
};
use serde_json::{Value, json};

use super::manifest_body::manifest;
use crate::{
    auth::Signed,
    extract::{Json, Path, Query, Text},
    problem::{Answer, Refusal},
    state::AppState,
};

pub(crate) async fn list(State(state): State<AppState>, Signed(caller): Signed) -> Answer<Json<Value>> {
    let items = state.platform.list_tenants(&caller).await.map_err(Refusal::of(&caller))?;
    Ok(Json(json!({
        "apiVersion": "lambda.knative.io/v1alpha1", "kind": "TenantList", "items": items, "next": null
    })))
}

pub(crate) async fn create(
    State(state): State<AppState>,
    Signed(caller): Signed,
    headers: HeaderMap,
    Text(body): Text,
) -> Answer {
    let created = state.platform.create_tenant(&caller, &body).await.map_err(Refusal::of(&caller))?;
    manifest(&headers, StatusCode::CREATED, &created)
}

pub(crate) async fn read(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    headers: HeaderMap,
) -> Answer {
    let found = state.platform.get_tenant(&caller, &tenant).await.map_err(Refusal::of(&caller))?;
    manifest(&headers, StatusCode::OK, &found)
}

pub(crate) async fn replace(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    headers: HeaderMap,
    Text(body): Text,
) -> Answer {
    let written = state.platform.replace_tenant(&caller, &tenant, &body).await;
    manifest(&headers, StatusCode::OK, &written.map_err(Refusal::of(&caller))?)
}

pub(crate) async fn remove(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
) -> Answer<impl IntoResponse> {
    state.platform.delete_tenant(&caller, &tenant).await.map_err(Refusal::of(&caller))?;
    Ok(StatusCode::ACCEPTED)
}

pub(crate) async fn suspend(
    state: State<AppState>,
    caller: Signed,
    tenant: Path<TenantName>,
    headers: HeaderMap,
) -> Answer {
    set_suspended(state, caller, tenant, &headers, true).await
}

pub(crate) async fn resume(
    state: State<AppState>,
    caller: Signed,
    tenant: Path<TenantName>,
    headers: HeaderMap,
) -> Answer {
    set_suspended(state, caller, tenant, &headers, false).await
}

async fn set_suspended(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    headers: &HeaderMap,
    suspended: bool,
) -> Answer {
    let written = state.platform.suspend_tenant(&caller, &tenant, suspended).await;
    manifest(headers, StatusCode::OK, &written.map_err(Refusal::of(&caller))?)
}

pub(crate) async fn quota(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
) -> Answer<Json<Value>> {
    let items = state.platform.quota_use(&caller, &tenant).await.map_err(Refusal::of(&caller))?;
    Ok(Json(json!({"items": items, "next": null})))
}

pub(crate) async fn overview(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Query(query): Query<TenantQuery>,
) -> Answer<Json<Page<TenantTotals>>> {
    Ok(Json(state.platform.admin_overview(&caller, &query).await.map_err(Refusal::of(&caller))?))
}
