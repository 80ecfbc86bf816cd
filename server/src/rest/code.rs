//! The code of a function, as an archive: up, which deploys it, and down.

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    response::IntoResponse,
    routing::put,
};
use domain::{
    FunctionName, TenantName,
    function::{Deploy, NewCode},
    identity::Permission,
};
use platform::UPLOAD_BYTES;
use serde::Deserialize;

use super::Operation;
use crate::{
    auth::Signed,
    extract::{Json, Path, Query},
    problem::{Answer, Refusal},
    state::AppState,
    uploads,
};

const PATH: &str = "/tenants/{tenant}/functions/{function}/code";

/// Apart from the table, since the body has a limit of its own.
pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        method: "get",
        path: PATH,
        summary: "The code as an archive.",
        request: "",
        answer: (200, "Archive"),
        query: &[],
    },
    Operation {
        method: "put",
        path: PATH,
        summary: "Uploads an archive (zip, tar, tar.gz, tar.zst) of at most 50 MiB, and deploys it.",
        request: "Archive",
        answer: (202, "Object"),
        query: &["filename", "handler"],
    },
];

pub(super) fn router() -> Router<AppState> {
    // Some bytes more than allowed: the platform words the refusal.
    let limit = DefaultBodyLimit::max(UPLOAD_BYTES as usize + 1024);
    Router::new().route(PATH, put(deploy).get(download).layer(limit))
}

#[derive(Deserialize)]
struct How {
    filename: Option<String>,
    handler: Option<String>,
}

async fn deploy(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, function)): Path<(TenantName, FunctionName)>,
    Query(how): Query<How>,
    request: Request,
) -> Answer<impl IntoResponse> {
    state.platform.authorize(&caller, &tenant, Permission::Write).map_err(Refusal::of(&caller))?;
    // Asked first, so that nothing is uploaded for a function that is not there.
    let present =
        state.platform.get_manifest(&caller, &tenant, &function).await.map_err(Refusal::of(&caller))?;
    let filename = how.filename.unwrap_or_else(|| format!("{function}.archive"));
    let bytes = request.into_body().into_data_stream();
    let receipt =
        state.platform.upload(&caller, &tenant, &filename, bytes).await.map_err(Refusal::of(&caller))?;
    let handler = how
        .handler
        .or_else(|| receipt.handler.clone())
        .or_else(|| present.spec.runtime.map(|runtime| runtime.handler))
        .unwrap_or_else(|| "main.handler".to_owned());
    let deploy = Deploy {
        version: None,
        handler,
        language: receipt.language,
        code: NewCode::Upload { upload: receipt.id.clone() },
    };
    state.platform.deploy(&caller, &tenant, &function, deploy).await.map_err(Refusal::of(&caller))?;
    Ok((StatusCode::ACCEPTED, Json(receipt)))
}

async fn download(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, function)): Path<(TenantName, FunctionName)>,
) -> Answer {
    uploads::archive(&state, &caller, &tenant, &function).await
}
