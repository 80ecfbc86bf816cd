//! Sign-in on one machine: a link that works once.

use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use domain::{Timestamp, identity::User};
use serde::Deserialize;
use store::Store;

use super::{cookie, session};
use crate::{data_folder::secret, problem::Answer, state::AppState};

/// How long a link can be used.
const LINK_MS: i64 = 24 * 3_600_000;

/// Who signs in by a link: the administrator of this machine.
pub(crate) fn administrator() -> User {
    User { id: "local:admin".to_owned(), name: "admin".to_owned(), platform_admin: true, roles: Vec::new() }
}

/// Makes a link.
pub(crate) async fn new_link(store: &dyn Store, base: &str, now: Timestamp) -> Result<String, store::Error> {
    let token = secret("in");
    store.create_sign_in_link(&token, &administrator(), now.plus_millis(LINK_MS)).await?;
    Ok(format!("{base}/sign-in?token={token}"))
}

#[derive(Deserialize)]
pub(crate) struct Link {
    token: Option<String>,
}

/// `GET /sign-in?token=…`: uses the link up and goes where the person wanted to go.
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(link): Query<Link>,
) -> Answer {
    let Some(token) = link.token else {
        return Ok(Redirect::to("/signed-out?reason=invalid").into_response());
    };
    let now = state.platform.now();
    state.limit_sign_in(now)?;
    if !token.starts_with("in_") || token.len() > 128 {
        return Ok(Redirect::to("/signed-out?reason=invalid").into_response());
    }
    let Some(user) = AppState::taken(state.store.take_sign_in_link(&token, now).await)? else {
        // Someone who is signed in already and opens the link again just goes on.
        if state.session_user(&headers).await?.is_some() {
            return Ok(Redirect::to("/").into_response());
        }
        return Ok(Redirect::to("/signed-out?reason=used").into_response());
    };
    let id = AppState::taken(session::begin(&*state.store, user, now).await)?;
    let target = cookie::read(&headers, NEXT).filter(|path| is_local(path)).unwrap_or("/").to_owned();
    let name = cookie::session_name(state.https);
    let mut response = see_other(&target);
    append(&mut response, cookie::write(name, &id, session::LONGEST_MS / 1000, state.https));
    append(&mut response, cookie::write(NEXT, "", 0, state.https));
    Ok(response)
}

/// `POST /sign-out`: ends the session everywhere.
pub(crate) async fn sign_out(State(state): State<AppState>, headers: HeaderMap) -> Answer {
    let name = cookie::session_name(state.https);
    if let Some(id) = cookie::read(&headers, name) {
        AppState::taken(state.store.delete_session(id).await)?;
    }
    let mut response = see_other("/signed-out?reason=out");
    append(&mut response, cookie::write(name, "", 0, state.https));
    Ok(response)
}

/// Cookie with the page that someone wanted before signing in.
const NEXT: &str = "next";

/// Sends a person who is not signed in to the page that tells how, and remembers where to go then.
pub(crate) fn ask_to_sign_in(wanted: &str, had_session: bool, https: bool) -> Response {
    let reason = if had_session { "?reason=idle" } else { "" };
    let mut response = see_other(&format!("/signed-out{reason}"));
    if is_local(wanted) && wanted != "/" {
        append(&mut response, cookie::write(NEXT, wanted, 3600, https));
    }
    response
}

/// Whether a path stays on this host (SEC-11), and can stand in a cookie.
fn is_local(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() < 1024
        && path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b';' | b',' | b'"' | b'\\'))
}

fn see_other(target: &str) -> Response {
    let location = HeaderValue::try_from(target).unwrap_or(HeaderValue::from_static("/"));
    (
        StatusCode::SEE_OTHER,
        [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
    )
        .into_response()
}

fn append(response: &mut Response, value: Option<HeaderValue>) {
    if let Some(value) = value {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_stays_on_this_host() {
        assert!(is_local("/t/default/functions?q=a"));
        for bad in ["//evil.example", "https://evil.example", "/\\evil", "/a;b", "/a b", ""] {
            assert!(!is_local(bad), "{bad}");
        }
    }
}
