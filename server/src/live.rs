//! Streams to browsers: changes of a tenant, and the lines of a log (server-sent events).

use std::{convert::Infallible, time::Duration};

use axum::{
    Extension, Router,
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use domain::{BuildId, FunctionName, TenantName, identity::Caller, log::LogTarget};
use futures::{Stream, StreamExt, stream};
use platform::LogUpdate;
use serde::Deserialize;

use crate::{
    auth::{Credential, Signed},
    extract::{Path, Query},
    problem::{Answer, Refusal},
    state::AppState,
    streams,
};

/// A comment this often keeps proxies from closing a quiet stream.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route("/live", get(changes))
        .route("/t/{tenant}/builds/{id}/log/stream", get(build_log))
        .route("/t/{tenant}/functions/{function}/log/stream", get(function_log))
}

#[derive(Deserialize)]
struct Which {
    /// Without one: of all tenants, for administrators.
    tenant: Option<TenantName>,
    /// Where the page stood when it was read; `Last-Event-ID` is newer.
    after: Option<u64>,
}

/// `GET /live?tenant=&after=`: one message per change after `after`; `Last-Event-ID` resumes without a gap.
async fn changes(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Extension(credential): Extension<Credential>,
    Query(Which { tenant, after }): Query<Which>,
    headers: HeaderMap,
) -> Answer<impl IntoResponse> {
    let since = last_id(&headers).or(after);
    let changes =
        state.platform.changes(&caller, tenant.as_ref(), since).await.map_err(Refusal::of(&caller))?;
    let place = state.streams.take(&credential.key())?;
    let messages = changes.map(|(id, change)| message(Some(id), None, &change));
    Ok(sse(streams::guarded(&state, credential, caller.user, tenant, place, messages)))
}

/// Lines after this one are wanted.
#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
    /// Only those of one call.
    correlation: Option<String>,
}

async fn build_log(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Extension(credential): Extension<Credential>,
    Path((tenant, id)): Path<(TenantName, BuildId)>,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Answer<impl IntoResponse> {
    log(&state, caller, credential, tenant, LogTarget::Build(id), after, &headers).await
}

async fn function_log(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Extension(credential): Extension<Credential>,
    Path((tenant, name)): Path<(TenantName, FunctionName)>,
    Query(after): Query<After>,
    headers: HeaderMap,
) -> Answer<impl IntoResponse> {
    log(&state, caller, credential, tenant, LogTarget::Function(name), after, &headers).await
}

async fn log(
    state: &AppState,
    caller: Caller,
    credential: Credential,
    tenant: TenantName,
    target: LogTarget,
    wanted: After,
    headers: &HeaderMap,
) -> Answer<impl IntoResponse + use<>> {
    let after = last_id(headers).unwrap_or(wanted.after);
    let updates = state.platform.follow_log(&caller, &tenant, &target, after, wanted.correlation.as_deref());
    let updates = updates.await.map_err(Refusal::of(&caller))?;
    let place = state.streams.take(&credential.key())?;
    let messages = updates.map(|update| match update {
        LogUpdate::Lines(lines) => message(lines.last().map(|line| line.number), None, &lines),
        LogUpdate::State(state) => message(None, Some("state"), &state),
    });
    Ok(sse(streams::guarded(state, credential, caller.user, Some(tenant), place, messages)))
}

fn last_id(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok()
}

fn message(id: Option<u64>, name: Option<&str>, data: &impl serde::Serialize) -> Event {
    let mut event = Event::default().data(serde_json::to_string(data).unwrap_or_default());
    if let Some(id) = id {
        event = event.id(id.to_string());
    }
    match name {
        Some(name) => event.event(name),
        None => event,
    }
}

/// A stream that begins at once, so that a browser knows that it is connected.
fn sse<S>(messages: S) -> impl IntoResponse + use<S>
where
    S: Stream<Item = Event> + Send + 'static,
{
    let hello = stream::once(async { Event::default().comment("connected").retry(Duration::from_secs(1)) });
    let stream = hello.chain(messages).map(Ok::<_, Infallible>);
    let sse = Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("heartbeat"));
    ([("x-accel-buffering", "no"), ("cache-control", "no-store")], sse)
}
