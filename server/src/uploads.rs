//! Files that go up and down: archives of code.

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::IntoResponse,
    routing::{delete, get, post},
};
use domain::{FunctionName, TenantName, function::UploadReceipt, identity::Caller};
use futures::StreamExt;
use platform::UPLOAD_BYTES;
use serde::Deserialize;

use crate::{
    auth::{Signed, csrf},
    extract::{Json, Path, Query},
    problem::{Answer, Refusal},
    state::AppState,
};

/// What surrounds a file in a form.
const FORM_OVERHEAD: usize = 64 * 1024;
/// Text of a page's form that comes with a file.
const FORM_TEXT: usize = 3 * 1024 * 1024;
/// A page's form with a file. Larger than what is taken: the fields after a file that is too large are not to be lost.
pub(crate) const FORM_WITH_FILE: usize = 4 * UPLOAD_BYTES as usize;

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

/// A raw body, or a form with one file; the answer is the receipt.
async fn receive(
    State(state): State<AppState>,
    Signed(caller): Signed,
    Path(tenant): Path<TenantName>,
    Query(named): Query<Named>,
    request: Request,
) -> Answer {
    let headers = request.headers().clone();
    refuse_long(&headers)?;
    let receipt = if is_form(&headers) {
        from_form(&state, &caller, &tenant, request).await
    } else {
        let filename = named.filename.unwrap_or_else(|| "archive".to_owned());
        let bytes = request.into_body().into_data_stream();
        state.platform.upload(&caller, &tenant, &filename, bytes).await.map_err(Refusal::of(&caller))
    };
    Ok((StatusCode::CREATED, Json(receipt?)).into_response())
}

async fn from_form(
    state: &AppState,
    caller: &Caller,
    tenant: &TenantName,
    request: Request,
) -> Answer<UploadReceipt> {
    let session = request.extensions().clone();
    let mut proved = csrf::knows_token(request.headers(), &session);
    let mut form = Multipart::from_request(request, state).await.map_err(|_| unreadable())?;
    while let Some(field) = form.next_field().await.map_err(|_| unreadable())? {
        let Some(filename) = field.file_name().map(str::to_owned) else {
            let name = field.name().map(str::to_owned);
            proved |=
                csrf::is_token(name.as_deref(), &field.text().await.map_err(|_| unreadable())?, &session);
            continue;
        };
        if !proved {
            return Err(Refusal::forged());
        }
        return state.platform.upload(caller, tenant, &filename, field).await.map_err(Refusal::of(caller));
    }
    Err(Refusal::field("file", "Choose a file."))
}

/// A page's form with a file, as it comes without JavaScript: the file is uploaded, and the page gets the other
/// fields with the upload's id, or with why it was refused.
pub(crate) async fn take_out(State(state): State<AppState>, request: Request, next: Next) -> Answer {
    if request.method() != Method::POST || !is_form(request.headers()) {
        return Ok(next.run(request).await);
    }
    let caller = request.extensions().get::<Caller>().cloned().ok_or_else(Refusal::unauthenticated)?;
    let tenant = request.uri().path().strip_prefix("/t/").and_then(|rest| rest.split('/').next());
    let tenant: TenantName = tenant.and_then(|text| text.parse().ok()).ok_or_else(Refusal::not_found)?;
    let (mut parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    let fields = without_file(&state, &caller, &tenant, request).await?;
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| [&encode(name), "=", &encode(value)].concat()).collect();
    let body = pairs.join("&");
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(body.len()));
    Ok(next.run(Request::from_parts(parts, Body::from(body))).await)
}

/// The fields of a form; in the place of a file what became of it.
async fn without_file(
    state: &AppState,
    caller: &Caller,
    tenant: &TenantName,
    request: Request,
) -> Answer<Vec<(String, String)>> {
    let session = request.extensions().clone();
    let mut proved = csrf::knows_token(request.headers(), &session);
    let mut form = Multipart::from_request(request, state).await.map_err(|_| unreadable())?;
    let (mut fields, mut sent, mut room) = (Vec::new(), None, FORM_TEXT);
    while let Some(mut field) = form.next_field().await.map_err(|_| unreadable())? {
        let name = field.name().unwrap_or_default().to_owned();
        match field.file_name().map(str::to_owned) {
            Some(filename) if filename.is_empty() => {}
            // The token stands first in every form.
            Some(_) if !proved => return Err(Refusal::forged()),
            Some(filename) => {
                let taken = state.platform.upload(caller, tenant, &filename, field).await;
                sent = Some(taken.map_err(Refusal::of(caller)));
            }
            None => {
                let mut text = Vec::new();
                while let Some(chunk) = field.chunk().await.map_err(|_| unreadable())? {
                    room = room.checked_sub(chunk.len()).ok_or_else(unreadable)?;
                    text.extend_from_slice(&chunk);
                }
                let text = String::from_utf8_lossy(&text).into_owned();
                proved |= csrf::is_token(Some(&name), &text, &session);
                fields.push((name, text));
            }
        }
    }
    let asked = fields.iter().any(|(name, value)| name == "do" && value == "upload");
    let refused = match sent {
        Some(Ok(receipt)) => {
            // What an earlier archive was has no place beside the new one.
            fields.retain(|(name, _)| !matches!(name.as_str(), "upload" | "receipt"));
            let found = serde_json::to_string(&receipt).unwrap_or_default();
            fields.push(("upload".to_owned(), receipt.id));
            fields.push(("receipt".to_owned(), found));
            None
        }
        Some(Err(refusal)) => Some(refusal.title().to_owned()),
        None => asked.then(|| "Choose a file.".to_owned()),
    };
    fields.extend(refused.map(|why| ("upload_error".to_owned(), why)));
    Ok(fields)
}

fn is_form(headers: &HeaderMap) -> bool {
    text(headers, &header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("multipart/form-data"))
}

fn unreadable() -> Refusal {
    Refusal::new(400, "not_a_form", "The form could not be read.", "Choose the file and send it again.")
}

/// A name or a value of a form.
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
