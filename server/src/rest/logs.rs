//! Logs: text for people with a terminal, JSON for programs; `follow=true` streams text.

use std::convert::Infallible;

use axum::{
    Extension, Router,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{
    BuildId, FunctionName, TenantName,
    identity::Caller,
    log::{Level, LogLine, LogQuery, LogTarget},
};
use futures::StreamExt;
use platform::LogUpdate;
use serde::Deserialize;

use super::builds::of_function;
use crate::{
    auth::{Credential, Signed},
    extract::{Json, Path, Query},
    problem::{Answer, Refusal},
    state::AppState,
    streams,
};

/// [`LogQuery`] as a query string, with `follow`.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    follow: bool,
    after: Option<u64>,
    before: Option<u64>,
    limit: Option<u32>,
    level: Option<Level>,
    text: Option<String>,
    correlation: Option<String>,
    group: Option<String>,
}

impl Wanted {
    fn query(self) -> LogQuery {
        let Self { after, before, limit, level, text, correlation, group, follow: _ } = self;
        LogQuery { after, before, limit, level, text, correlation, group }
    }
}

pub(crate) async fn build(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Extension(credential): Extension<Credential>,
    Path((tenant, function, id)): Path<(TenantName, FunctionName, BuildId)>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Answer {
    let build = state.platform.get_build(&caller, &tenant, &id).await.map_err(Refusal::of(&caller))?;
    of_function(&build, &function)?;
    log(&state, &caller, credential, &tenant, &LogTarget::Build(id), wanted, &headers).await
}

pub(crate) async fn function(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Extension(credential): Extension<Credential>,
    Path((tenant, function)): Path<(TenantName, FunctionName)>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Answer {
    log(&state, &caller, credential, &tenant, &LogTarget::Function(function), wanted, &headers).await
}

async fn log(
    state: &AppState,
    caller: &Caller,
    credential: Credential,
    tenant: &TenantName,
    target: &LogTarget,
    wanted: Wanted,
    headers: &HeaderMap,
) -> Answer {
    if wanted.follow {
        let place = state.streams.take(&credential.key())?;
        let updates = state.platform.follow_lines(caller, tenant, target, wanted.query());
        let texts = updates.await.map_err(Refusal::of(caller))?.filter_map(async |update| match update {
            LogUpdate::Lines(lines) => Some(Ok::<_, Infallible>(text(&lines))),
            LogUpdate::State(_) => None,
        });
        let texts =
            streams::guarded(state, credential, caller.user.clone(), Some(tenant.clone()), place, texts);
        let body = Body::from_stream(texts);
        return Ok(plain(body));
    }
    let page = state
        .platform
        .read_log(caller, tenant, target, &wanted.query())
        .await
        .map_err(Refusal::of(caller))?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accept.contains("text/plain") {
        return Ok(plain(Body::from(text(&page.lines))));
    }
    Ok(Json(page).into_response())
}

/// The whole of a log as text, for people: `/t/{tenant}/…/log.txt`.
pub(crate) fn raw_router() -> Router<AppState> {
    async fn build(
        State(state): State<AppState>,
        Signed(caller): Signed,
        Path((tenant, id)): Path<(TenantName, BuildId)>,
    ) -> Answer {
        whole(state, caller, tenant, LogTarget::Build(id), None).await
    }
    async fn function(
        State(state): State<AppState>,
        Signed(caller): Signed,
        Path((tenant, name)): Path<(TenantName, FunctionName)>,
        Query(wanted): Query<Wanted>,
    ) -> Answer {
        whole(state, caller, tenant, LogTarget::Function(name), wanted.correlation).await
    }
    Router::new()
        .route("/t/{tenant}/builds/{id}/log.txt", get(build))
        .route("/t/{tenant}/functions/{function}/log.txt", get(function))
}

/// Page by page, so that a long log is never in memory whole.
async fn whole(
    state: AppState,
    caller: Caller,
    tenant: TenantName,
    target: LogTarget,
    correlation: Option<String>,
) -> Answer {
    const LINES: u32 = 5000;
    let page = move |after| {
        let correlation = correlation.clone();
        LogQuery { after: Some(after), limit: Some(LINES), correlation, ..LogQuery::default() }
    };
    // The first page decides whether there is an answer at all.
    let first =
        state.platform.read_log(&caller, &tenant, &target, &page(0)).await.map_err(Refusal::of(&caller))?;
    let pages = futures::stream::unfold(Some(Ok(first)), move |present| {
        let (state, caller, tenant, target) = (state.clone(), caller.clone(), tenant.clone(), target.clone());
        let page = page.clone();
        async move {
            let present = match present? {
                Ok(present) => present,
                // Breaks the transfer off: who downloads must not take a part for the whole.
                Err(error) => return Some((Err(error), None)),
            };
            let last = present.lines.last()?.number;
            let next = if present.lines.len() < LINES as usize {
                None
            } else {
                Some(state.platform.read_log(&caller, &tenant, &target, &page(last)).await)
            };
            Some((Ok::<_, platform::Error>(text(&present.lines)), next))
        }
    });
    Ok(plain(Body::from_stream(pages)))
}

fn text(lines: &[LogLine]) -> String {
    lines.iter().fold(String::new(), |mut text, line| {
        text.push_str(&format!("{} {}\n", line.at, line.text));
        text
    })
}

fn plain(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")], body)
        .into_response()
}
