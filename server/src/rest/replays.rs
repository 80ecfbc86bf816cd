//! Many dead letters at once: groups, plans, replay jobs, discarding.

use axum::{extract::State, http::StatusCode};
use domain::{
    TenantName,
    deadletter::{DeadLetterFilter, DeadLetterGroup, Replay, ReplayJob, ReplayPlan, ReplayState},
};
use serde::{Deserialize, Serialize};

use crate::{
    auth::Signed,
    extract::{Json, Path},
    problem::{Answer, Refusal},
    state::AppState,
};

pub(crate) async fn groups(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
) -> Answer<Json<Vec<DeadLetterGroup>>> {
    let groups = state.platform.group_dead_letters(&caller, &tenant, &DeadLetterFilter::default()).await;
    groups.map(Json).map_err(Refusal::of(&caller))
}

pub(crate) async fn plan(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    Json(filter): Json<DeadLetterFilter>,
) -> Answer<Json<ReplayPlan>> {
    state.platform.plan_replay(&caller, &tenant, &filter).await.map(Json).map_err(Refusal::of(&caller))
}

pub(crate) async fn start(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    Json(asked): Json<Replay>,
) -> Answer<(StatusCode, Json<ReplayJob>)> {
    let job = state.platform.start_replay(&caller, &tenant, asked).await;
    job.map(|job| (StatusCode::ACCEPTED, Json(job))).map_err(Refusal::of(&caller))
}

pub(crate) async fn list(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
) -> Answer<Json<Vec<ReplayJob>>> {
    state.platform.list_replays(&caller, &tenant).await.map(Json).map_err(Refusal::of(&caller))
}

type One = Path<(TenantName, String)>;

pub(crate) async fn read(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, id)): One,
) -> Answer<Json<ReplayJob>> {
    state.platform.get_replay(&caller, &tenant, &id).await.map(Json).map_err(Refusal::of(&caller))
}

/// `paused`, `running` or `aborted`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    state: ReplayState,
}

pub(crate) async fn change(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, id)): One,
    Json(change): Json<Change>,
) -> Answer<Json<ReplayJob>> {
    let job = state.platform.set_replay(&caller, &tenant, &id, change.state).await;
    job.map(Json).map_err(Refusal::of(&caller))
}

/// Which, and how many they are.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Discard {
    #[serde(default)]
    filter: DeadLetterFilter,
    upto: i64,
    count: u64,
}

#[derive(Serialize)]
pub(crate) struct Discarded {
    discarded: u64,
}

pub(crate) async fn discard(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    Json(Discard { filter, upto, count }): Json<Discard>,
) -> Answer<Json<Discarded>> {
    let gone = state.platform.discard_dead_letters(&caller, &tenant, &filter, upto, count).await;
    gone.map(|discarded| Json(Discarded { discarded })).map_err(Refusal::of(&caller))
}
