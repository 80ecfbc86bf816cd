//! Events.

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::{
    Cursor, FunctionName, Page, TenantName, Timestamp,
    event::{EventFilter, EventLife, EventRecord, EventStatus},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    auth::Signed,
    extract::{Bytes, Json, Path, Query},
    ingress,
    problem::{Answer, Refusal},
    state::AppState,
};

/// [`EventFilter`] as a query string, with the page.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    limit: Option<u32>,
    cursor: Option<String>,
    function: Option<FunctionName>,
    kind: Option<String>,
    source: Option<String>,
    status: Option<EventStatus>,
    correlation: Option<String>,
    text: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

pub(crate) async fn list(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<Page<EventRecord>>> {
    let Wanted { limit, cursor, function, kind, source, status, correlation, text, since, until } = wanted;
    let filter = EventFilter { function, kind, source, status, correlation, text, since, until };
    let page = state.platform.list_events(&caller, &tenant, &filter, cursor.map(Cursor), limit).await;
    page.map(Json).map_err(Refusal::of(&caller))
}

pub(crate) async fn read(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, position)): Path<(TenantName, i64)>,
) -> Answer<Json<EventRecord>> {
    state.platform.get_event(&caller, &tenant, position).await.map(Json).map_err(Refusal::of(&caller))
}

pub(crate) async fn life(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, position)): Path<(TenantName, i64)>,
) -> Answer<Json<EventLife>> {
    state.platform.event_life(&caller, &tenant, position).await.map(Json).map_err(Refusal::of(&caller))
}

pub(crate) async fn publish(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    headers: HeaderMap,
    Bytes(body): Bytes,
) -> Answer<(StatusCode, Json<Value>)> {
    ingress::take_in(&state, &caller, Some(&tenant), &headers, &body).await
}
