//! Paths that are no resources: health, version, discovery, OpenAPI.

use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::{Value, json};

use super::caller::Caller;
use crate::api::auth::{Action, authorize_path, path_refusal};
use crate::api::path::ResourcePath;
use crate::api::status::{ApiError, ApiResult};
use crate::api::{Api, discovery, openapi};

/// The version that the embedded API claims to be: the one that its answers were recorded from.
const VERSION: (&str, &str, &str) = ("1", "36", "v1.36.2");

/// Answers unless the path is that of a resource.
pub(super) fn serve(api: &Api, caller: &Caller, head: &Parts) -> ApiResult<Option<Response>> {
    let path = head.uri.path();
    if let Some(path) = ResourcePath::parse(path)
        && (served(api, &path) || is_built_in(api, &path.group))
    {
        return Ok(None);
    }
    let verb = head.method.as_str().to_lowercase();
    let action = Action::Path { verb: &verb, path };
    let user = caller.acting(api, &action, |user, verb| path_refusal(user, verb, path))?;
    authorize_path(api, &user, &verb, path)?;
    let Some(response) = find(api, head, path.trim_end_matches('/')) else { return Ok(Some(missing(path))) };
    if !matches!(head.method, Method::GET | Method::HEAD) {
        return Err(ApiError::method_not_allowed());
    }
    Ok(Some(response))
}

fn served(api: &Api, path: &ResourcePath) -> bool {
    api.registry.resources().find(&path.group, &path.version, &path.plural).is_some()
}

/// Built-in groups say for themselves what they do not have.
fn is_built_in(api: &Api, group: &str) -> bool {
    api.registry.resources().iter().any(|one| one.group == group && !one.is_custom())
}

fn find(api: &Api, head: &Parts, path: &str) -> Option<Response> {
    let resources = api.registry.resources();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    let accept = head.headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let aggregated = accept.contains("as=APIGroupDiscoveryList");
    match segments.as_slice() {
        ["healthz" | "livez" | "readyz", ..] => Some("ok".into_response()),
        ["version"] => Some(json_response(&version())),
        ["api"] if aggregated => Some(discovery_response(&discovery::aggregated(&resources, true))),
        ["apis"] if aggregated => Some(discovery_response(&discovery::aggregated(&resources, false))),
        ["api"] => Some(json_response(&discovery::core_versions())),
        ["apis"] => Some(json_response(&discovery::groups(&resources))),
        ["api", version] => discovery::resources(&resources, "", version).map(|list| json_response(&list)),
        ["apis", group] => discovery::group(&resources, group).map(|one| json_response(&one)),
        ["apis", group, version] => {
            discovery::resources(&resources, group, version).map(|list| json_response(&list))
        }
        ["openapi", "v3"] => {
            // A real server does not say that its index is JSON.
            const TYPE: &str = "text/plain; charset=utf-8";
            let index = openapi::index(&api.registry).to_string();
            Some(([(header::CONTENT_TYPE, TYPE)], index).into_response())
        }
        ["openapi", "v3", rest @ ..] => Some(match openapi::document(&api.registry, &rest.join("/")) {
            Some(document) => json_response(&document),
            None => StatusCode::NOT_FOUND.into_response(),
        }),
        _ => None,
    }
}

fn version() -> Value {
    let (major, minor, full) = VERSION;
    json!({
        "major": major,
        "minor": minor,
        "gitVersion": full,
        // Typed clients want these to be there; nothing here is built by Go.
        "gitCommit": "",
        "gitTreeState": "",
        "buildDate": "1970-01-01T00:00:00Z",
        "goVersion": "",
        "compiler": "",
        "platform": format!("{}/{}", std::env::consts::OS, std::env::consts::ARCH),
    })
}

fn json_response(value: &Value) -> Response {
    axum::Json(value).into_response()
}

fn discovery_response(value: &Value) -> Response {
    const TYPE: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    ([(header::CONTENT_TYPE, TYPE)], axum::Json(value)).into_response()
}

/// Below the core group unknown versions are answered as unknown resources, everything else in plain text.
pub(super) fn missing(path: &str) -> Response {
    if path.starts_with("/api/") {
        return ApiError::no_such_resource().into_response();
    }
    let headers: HeaderMap =
        [(header::CONTENT_TYPE, http::HeaderValue::from_static("text/plain; charset=utf-8"))]
            .into_iter()
            .collect();
    (StatusCode::NOT_FOUND, headers, "404 page not found\n").into_response()
}
