//! Sign-in on one machine: a link that works once.

use std::net::SocketAddr;

use axum::{
    Extension, Form,
    extract::{ConnectInfo, FromRequest as _, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    CorrelationId, Timestamp,
    audit::action,
    identity::{Caller, User},
};
use serde::Deserialize;
use store::Store;

use super::{cookie, csrf, session};
use crate::{
    data_folder::secret,
    extract::Query,
    problem::{Answer, Refusal},
    state::AppState,
};

/// How long a link can be used.
const LINK_MS: i64 = 24 * 3_600_000;

/// Who signs in by a link: the administrator of this machine.
pub(crate) fn administrator() -> User {
    User { platform_admin: true, ..User::local("admin") }
}

/// Makes a link.
pub(crate) async fn new_link(
    store: &dyn Store,
    base: &str,
    user: User,
    now: Timestamp,
) -> Result<String, store::Error> {
    let token = secret("in");
    store.create_sign_in_link(&token, &user, now.plus_millis(LINK_MS)).await?;
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
    Extension(id): Extension<CorrelationId>,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    Query(link): Query<Link>,
) -> Answer {
    let address = from.map(|Extension(ConnectInfo(address))| address.ip().to_string());
    let nobody = platform::nobody(address.clone(), id.clone());
    let browser = session::From::new(address.clone(), &headers);
    let Some(token) = link.token else {
        return Ok(Redirect::to("/signed-out?reason=invalid").into_response());
    };
    let now = state.platform.now();
    // Only what fails counts: behind one address many people may sign in, and somebody who guesses must not keep
    // them out.
    let failed = || state.limit_sign_in(address.as_deref().unwrap_or_default(), now);
    if !token.starts_with("in_") || token.len() > 128 {
        failed()?;
        return Ok(Redirect::to("/signed-out?reason=invalid").into_response());
    }
    let Some(user) = AppState::taken(state.store.take_sign_in_link(&token, now).await)? else {
        // Someone who is signed in already and opens the link again just goes on.
        if state.session_user(&headers).await?.is_some() {
            return Ok(Redirect::to("/").into_response());
        }
        failed()?;
        state.platform.note_sign_in(&nobody, action::SESSION_BEGIN, "link", Some("link_used")).await;
        return Ok(Redirect::to("/signed-out?reason=used").into_response());
    };
    let caller = Caller { user: user.clone(), ..nobody };
    state.platform.note_sign_in(&caller, action::SESSION_BEGIN, "link", None).await;
    // A session that this browser still has ends here: the new one gets an id of its own.
    let before = cookie::read(&headers, cookie::session_name(state.https)).map(str::to_owned);
    if let Some(before) = before {
        AppState::taken(state.store.delete_session(&before).await)?;
    }
    let id = AppState::taken(session::begin(&*state.store, user, None, browser, now).await)?;
    let target = cookie::read(&headers, NEXT).filter(|path| is_local(path)).unwrap_or("/").to_owned();
    let name = cookie::session_name(state.https);
    let mut response = see_other(&target);
    append(&mut response, cookie::write(name, &id, session::LONGEST_MS / 1000, state.https));
    append(&mut response, cookie::write(NEXT, "", 0, state.https));
    Ok(response)
}

/// `POST /sign-out`: ends the session everywhere.
pub(crate) async fn sign_out(
    State(state): State<AppState>,
    caller: Option<Extension<Caller>>,
    request: Request,
) -> Answer {
    let (headers, session) = (request.headers().clone(), request.extensions().clone());
    let fields = Form::<Vec<(String, String)>>::from_request(request, &state).await;
    let fields = fields.map(|Form(fields)| fields).unwrap_or_default();
    let by_field = fields.iter().any(|(name, value)| csrf::is_token(Some(name), value, &session));
    if caller.is_some() && !by_field && !csrf::knows_token(&headers, &session) {
        return Err(Refusal::forged());
    }
    let name = cookie::session_name(state.https);
    if let Some(Extension(caller)) = caller {
        state.platform.note_sign_in(&caller, action::SESSION_END, "own", None).await;
    }
    let mut at_provider = None;
    if let Some(id) = cookie::read(&headers, name) {
        let now = state.platform.now();
        let found = AppState::taken(session::find(&*state.store, id, now).await)?;
        AppState::taken(state.store.delete_session(id).await)?;
        if let (Some(oidc), Some(tokens)) = (&state.oidc, found.and_then(|found| found.tokens)) {
            at_provider = oidc.sign_out_page(&tokens, now).await;
        }
    }
    let mut response = at_provider.unwrap_or_else(|| see_other("/signed-out?reason=out"));
    append(&mut response, cookie::write(name, "", 0, state.https));
    Ok(response)
}

/// Cookie with the page that someone wanted before signing in.
pub(super) const NEXT: &str = "next";

/// Sends a person who is not signed in to the page that tells how, and remembers where to go then.
pub(crate) fn ask_to_sign_in(wanted: &str, had_session: bool, state: &AppState) -> Response {
    let https = state.https;
    if state.oidc.is_some() && !had_session {
        let next =
            if is_local(wanted) { app::routes::query([("next", wanted.to_owned())]) } else { String::new() };
        return see_other(&format!("/auth/login{next}"));
    }
    let reason = if had_session { "?reason=ended" } else { "" };
    let mut response = see_other(&format!("/signed-out{reason}"));
    if is_local(wanted) && wanted != "/" {
        append(&mut response, cookie::write(NEXT, wanted, 3600, https));
    }
    response
}

/// Whether a path stays on this host (SEC-11), and can stand in a cookie.
pub(super) fn is_local(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() < 1024
        && path.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b';' | b',' | b'"' | b'\\'))
}

pub(super) fn see_other(target: &str) -> Response {
    let location = HeaderValue::try_from(target).unwrap_or(HeaderValue::from_static("/"));
    (
        StatusCode::SEE_OTHER,
        [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))],
    )
        .into_response()
}

pub(super) fn append(response: &mut Response, value: Option<HeaderValue>) {
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
