//! Builds.

use axum::{extract::State, http::StatusCode};
use domain::{BuildId, Cursor, FunctionName, Page, TenantName, build::Build};

use super::functions::PageQuery;
use crate::{
    auth::Signed,
    extract::{Json, Path, Query},
    problem::{Answer, Refusal},
    state::AppState,
};

type InFunction = Path<(TenantName, FunctionName)>;
type OneBuild = Path<(TenantName, FunctionName, BuildId)>;

pub(crate) async fn list(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, function)): InFunction,
    Query(query): Query<PageQuery>,
) -> Answer<Json<Page<Build>>> {
    let cursor = query.cursor.map(Cursor);
    let page = state.platform.list_builds_limited(&caller, &tenant, &function, cursor, query.limit).await;
    page.map(Json).map_err(Refusal::of(&caller))
}

pub(crate) async fn start(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, function)): InFunction,
) -> Answer<StatusCode> {
    state.platform.rebuild(&caller, &tenant, &function).await.map_err(Refusal::of(&caller))?;
    Ok(StatusCode::ACCEPTED)
}

pub(crate) async fn read(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, function, id)): OneBuild,
) -> Answer<Json<Build>> {
    let build = state.platform.get_build(&caller, &tenant, &id).await.map_err(Refusal::of(&caller))?;
    of_function(&build, &function)?;
    Ok(Json(build))
}

pub(crate) async fn cancel(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, function, id)): OneBuild,
) -> Answer<StatusCode> {
    // What there is none of is refused by the cancel itself, after the question who may.
    if let Ok(build) = state.platform.get_build(&caller, &tenant, &id).await {
        of_function(&build, &function)?;
    }
    state.platform.cancel_build(&caller, &tenant, &id).await.map_err(Refusal::of(&caller))?;
    Ok(StatusCode::ACCEPTED)
}

/// An address that names another function's build leads nowhere.
pub(super) fn of_function(build: &Build, function: &FunctionName) -> Answer<()> {
    if build.function == *function { Ok(()) } else { Err(Refusal::not_found()) }
}
