//! Calls.

use axum::{
    extract::State,
    http::{HeaderMap, header},
};
use domain::{
    FunctionName, TenantName,
    invocation::{InvokeRequest, InvokeResult},
};
use serde::Deserialize;

use crate::{
    auth::Signed,
    extract::{Bytes, Json, Path, Query},
    problem::{Answer, Refusal},
    state::AppState,
};

#[derive(Deserialize)]
pub(crate) struct How {
    method: Option<String>,
    path: Option<String>,
}

/// The body goes to the function as it is; `ce-…` headers too, so that a binary CloudEvent can be sent.
pub(crate) async fn invoke(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, function)): Path<(TenantName, FunctionName)>,
    Query(how): Query<How>,
    headers: HeaderMap,
    Bytes(body): Bytes,
) -> Answer<Json<InvokeResult>> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let passed = headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("ce-"))
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())));
    let request = InvokeRequest {
        content_type: content_type.unwrap_or("application/json").to_owned(),
        headers: passed.collect(),
        method: how.method.unwrap_or_else(|| "POST".to_owned()),
        path: how.path.unwrap_or_else(|| "/".to_owned()),
        ..InvokeRequest::json("")
    };
    let result = state.platform.invoke_with(&caller, &tenant, &function, request, body).await;
    result.map(Json).map_err(Refusal::of(&caller))
}
