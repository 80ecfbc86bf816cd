//! The files that `setup/xtask.sh web` made: hashed names, cached for ever, compressed beforehand.

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::{Embed, EmbeddedFile};

use crate::state::AppState;

/// In a release the files are in the binary; otherwise the folder is read, so that a new build of the web
/// part needs no new server.
#[derive(Embed)]
#[folder = "../web"]
#[allow_missing = true]
struct Web;

pub(crate) fn router() -> Router<AppState> {
    Router::new().route("/assets/{*name}", get(serve)).route("/favicon.ico", get(favicon))
}

/// `web/manifest.json`; empty when the web part was not built.
pub(crate) fn manifest() -> Vec<u8> {
    Web::get("manifest.json").map_or_else(|| b"{}".to_vec(), |file| file.data.into_owned())
}

async fn favicon() -> Response {
    let names: std::collections::BTreeMap<String, String> =
        serde_json::from_slice(&manifest()).unwrap_or_default();
    match names.get("favicon.svg").and_then(|name| Some((name, Web::get(name)?))) {
        Some((name, file)) => answer(name, file, None),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    if name == "manifest.json" || name.contains("..") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let accepts =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for (encoding, ending) in [("br", ".br"), ("gzip", ".gz")] {
        let wanted = accepts.split(',').any(|one| one.trim().split(';').next() == Some(encoding));
        if wanted && let Some(file) = Web::get(&format!("{name}{ending}")) {
            return answer(&name, file, Some(encoding));
        }
    }
    match Web::get(&name) {
        Some(file) => answer(&name, file, None),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn answer(name: &str, file: EmbeddedFile, encoding: Option<&'static str>) -> Response {
    let mut response = file.data.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(name)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("png") => "image/png",
        Some("json" | "map") => "application/json",
        _ => "application/octet-stream",
    }
}
