//! Functions as manifests.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use domain::{FunctionName, TenantName, page};
use platform::PatchKind;
use serde::Deserialize;
use serde_json::{Value, json};

use super::manifest_body::manifest;
use crate::{
    auth::Signed,
    extract::{Json, Path, Query, Text},
    problem::{Answer, Refusal},
    state::AppState,
};

/// A page of a list.
#[derive(Deserialize)]
pub(crate) struct PageQuery {
    pub(crate) limit: Option<u32>,
    pub(crate) cursor: Option<String>,
}

pub(crate) async fn list(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    Query(query): Query<PageQuery>,
) -> Answer<Json<Value>> {
    let limit = page::limit(query.limit);
    let listed = state.platform.list_manifests(&caller, &tenant, limit, query.cursor.as_deref()).await;
    let (items, next) = listed.map_err(Refusal::of(&caller))?;
    Ok(Json(json!({
        "apiVersion": "lambda.knative.io/v1alpha1", "kind": "LambdaFunctionList", "items": items, "next": next
    })))
}

pub(crate) async fn create(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    headers: HeaderMap,
    Text(body): Text,
) -> Answer {
    let created = state.platform.apply_manifest(&caller, &tenant, None, &body).await;
    manifest(&headers, StatusCode::CREATED, &created.map_err(Refusal::of(&caller))?)
}

pub(crate) async fn read(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, function)): Path<(TenantName, FunctionName)>,
    headers: HeaderMap,
) -> Answer {
    let found = state.platform.get_manifest(&caller, &tenant, &function).await;
    manifest(&headers, StatusCode::OK, &found.map_err(Refusal::of(&caller))?)
}

pub(crate) async fn replace(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, function)): Path<(TenantName, FunctionName)>,
    headers: HeaderMap,
    Text(body): Text,
) -> Answer {
    let written = state.platform.apply_manifest(&caller, &tenant, Some(&function), &body).await;
    manifest(&headers, StatusCode::OK, &written.map_err(Refusal::of(&caller))?)
}

pub(crate) async fn change(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, function)): Path<(TenantName, FunctionName)>,
    headers: HeaderMap,
    Text(body): Text,
) -> Answer {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind =
        if kind.starts_with("application/json-patch+json") { PatchKind::Json } else { PatchKind::Merge };
    let written = state.platform.patch_manifest(&caller, &tenant, &function, kind, &body).await;
    manifest(&headers, StatusCode::OK, &written.map_err(Refusal::of(&caller))?)
}

pub(crate) async fn remove(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, function)): Path<(TenantName, FunctionName)>,
) -> Answer<impl IntoResponse> {
    state.platform.delete_function(&caller, &tenant, &function).await.map_err(Refusal::of(&caller))?;
    Ok(StatusCode::ACCEPTED)
}

pub(crate) async fn revisions(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, function)): Path<(TenantName, FunctionName)>,
) -> Answer<Json<Value>> {
    let detail =
        state.platform.get_function(&caller, &tenant, &function).await.map_err(Refusal::of(&caller))?;
    Ok(Json(json!({"items": detail.revisions})))
}
