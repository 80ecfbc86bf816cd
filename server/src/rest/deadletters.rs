//! Dead letters.

use axum::{extract::State, http::StatusCode};
use domain::{
    Cursor, FunctionName, Page, TenantName,
    deadletter::{DeadLetter, DeadLetterFilter, FailureKind},
    event::CloudEvent,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    auth::Signed,
    extract::{Json, Path, Query},
    problem::{Answer, Refusal},
    state::AppState,
};

/// [`DeadLetterFilter`] as a query string, with the page.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    limit: Option<u32>,
    cursor: Option<String>,
    function: Option<FunctionName>,
    kind: Option<FailureKind>,
    error: Option<String>,
    #[serde(rename = "type")]
    event_type: Option<String>,
    correlation: Option<String>,
}

/// What to send instead; without data: the event as it was.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Replay {
    #[serde(default)]
    data: Option<Value>,
}

type One = Path<(TenantName, i64)>;

pub(crate) async fn list(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<Page<DeadLetter>>> {
    let filter = DeadLetterFilter {
        function: wanted.function,
        kind: wanted.kind,
        error: wanted.error,
        event_type: wanted.event_type,
        correlation: wanted.correlation,
        positions: Vec::new(),
    };
    let cursor = wanted.cursor.map(Cursor);
    let page = state.platform.list_dead_letters(&caller, &tenant, &filter, cursor, wanted.limit).await;
    page.map(Json).map_err(Refusal::of(&caller))
}

pub(crate) async fn read(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, position)): One,
) -> Answer<Json<DeadLetter>> {
    state.platform.get_dead_letter(&caller, &tenant, position).await.map(Json).map_err(Refusal::of(&caller))
}

pub(crate) async fn discard(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, position)): One,
) -> Answer<StatusCode> {
    let done = state.platform.discard_dead_letter(&caller, &tenant, position).await;
    done.map(|()| StatusCode::NO_CONTENT).map_err(Refusal::of(&caller))
}

pub(crate) async fn replay(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, position)): One,
    body: Option<Json<Replay>>,
) -> Answer<(StatusCode, Json<CloudEvent>)> {
    let data = body.unwrap_or_default().0.data;
    let sent = state.platform.replay_dead_letter(&caller, &tenant, position, data).await;
    sent.map(|event| (StatusCode::ACCEPTED, Json(event))).map_err(Refusal::of(&caller))
}
