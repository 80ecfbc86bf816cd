//! Files that go up and down: archives of code.

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{delete, get, post},
};
use domain::{FunctionName, TenantName, function::UploadReceipt, identity::Caller};
use futures::StreamExt;
use platform::UPLOAD_BYTES;
use serde::Deserialize;

use crate::{
    auth::Signed,
    problem::{Answer, Refusal},
    state::AppState,
};

/// What surrounds a file in a form.
const FORM_OVERHEAD: usize = 64 * 1024;

pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route("/t/{tenant}/uploads", post(receive).put(receive))
        .route("/t/{tenant}/uploads/{id}", delete(remove))
        // The platform counts the real bytes and words the refusal; this only stops what goes on after it.
        .layer(DefaultBodyLimit::max(UPLOAD_BYTES as usize + 2 * FORM_OVERHEAD))
        .route("/t/{tenant}/functions/{function}/download", get(download))
}

#[derive(Deserialize)]
struct Named {
    filename: Option<String>,
}

/// A raw body, or a form with one file. Programs get the receipt; a form without JavaScript goes back to
/// the page that it came from, with the receipt's id.
async fn receive(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    Query(named): Query<Named>,
    request: Request,
) -> Answer {
    let headers = request.headers().clone();
    refuse_long(&headers)?;
    let is_form =
        text(&headers, &header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("multipart/form-data"));
    let receipt = if is_form {
        from_form(&state, &caller, &tenant, request).await
    } else {
        let filename = named.filename.unwrap_or_else(|| "archive".to_owned());
        let bytes = request.into_body().into_data_stream();
        state.platform.upload(&caller, &tenant, &filename, bytes).await.map_err(Refusal::of(&caller))
    };
    let wants_page = text(&headers, &header::ACCEPT).is_some_and(|accept| accept.contains("text/html"));
    match receipt {
        Ok(receipt) if is_form && wants_page => {
            Ok(back(&headers, &tenant, &format!("upload={}", receipt.id)))
        }
        Ok(receipt) => Ok((StatusCode::CREATED, Json(receipt)).into_response()),
        Err(refusal) if is_form && wants_page => {
            Ok(back(&headers, &tenant, &format!("upload_error={}", encode(refusal.title()))))
        }
        Err(refusal) => Err(refusal),
    }
}

async fn from_form(
    state: &AppState,
    caller: &Caller,
    tenant: &TenantName,
    request: Request,
) -> Answer<UploadReceipt> {
    let broken = |_| {
        Refusal::new(400, "not_a_form", "The form could not be read.", "Choose the file and send it again.")
    };
    let mut form = Multipart::from_request(request, state).await.map_err(|_| {
        Refusal::new(400, "not_a_form", "The form could not be read.", "Choose the file and send it again.")
    })?;
    while let Some(field) = form.next_field().await.map_err(broken)? {
        let Some(filename) = field.file_name().map(str::to_owned) else { continue };
        return state.platform.upload(caller, tenant, &filename, field).await.map_err(Refusal::of(caller));
    }
    Err(Refusal::field("file", "Choose a file."))
}

/// A value for a query string.
fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

/// Says no before the body is sent, where its length is known.
fn refuse_long(headers: &HeaderMap) -> Answer<()> {
    let length = text(headers, &header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > UPLOAD_BYTES + FORM_OVERHEAD as u64) {
        return Err(Refusal::new(
            413,
            "archive_too_large",
            "The archive has more than 50 MiB.",
            "Leave installed packages and data out; name packages in the dependency file.",
        ));
    }
    Ok(())
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The page of the form, with a word on what became of the upload.
fn back(headers: &HeaderMap, tenant: &TenantName, query: &str) -> Response {
    let from = text(headers, &header::REFERER).and_then(|url| url.split_once("://"));
    let own = text(headers, &header::HOST);
    let path = from
        .and_then(|(_, rest)| rest.find('/').map(|at| rest.split_at(at)))
        .filter(|(host, _)| Some(*host) == own)
        .and_then(|(_, path)| path.split(['?', '#']).next())
        .map_or_else(|| format!("/t/{tenant}/new"), str::to_owned);
    Redirect::to(&format!("{path}?{query}")).into_response()
}

async fn remove(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, id)): Path<(TenantName, String)>,
) -> Answer<StatusCode> {
    state.platform.delete_upload(&caller, &tenant, &id).await.map_err(Refusal::of(&caller))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn download(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path((tenant, function)): Path<(TenantName, FunctionName)>,
) -> Answer {
    archive(&state, &caller, &tenant, &function).await
}

/// The code of a function as a file to save.
pub(crate) async fn archive(
    state: &AppState,
    caller: &Caller,
    tenant: &TenantName,
    function: &FunctionName,
) -> Answer {
    let (filename, bytes) =
        state.platform.download_code(caller, tenant, function).await.map_err(Refusal::of(caller))?;
    let safe: String = filename
        .chars()
        .map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\') { c } else { '_' })
        .collect();
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{safe}\""))
        .unwrap_or(HeaderValue::from_static("attachment"));
    let body = Body::from_stream(bytes.map(|chunk| chunk.map_err(std::io::Error::other)));
    let kind = HeaderValue::from_static("application/octet-stream");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], body).into_response())
}
