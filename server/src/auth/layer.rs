//! Recognises the caller of every request, and refuses what no caller may send.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{
    CorrelationId,
    identity::{Caller, User},
};
use platform::Rate;
use subtle::ConstantTimeEq;

use super::{TOKEN_PREFIX, cookie, csrf, local, session};
use crate::{
    problem::{Answer, Refusal},
    state::AppState,
};

/// Header with the id that ties a request to the log, to events and to the function's calls.
const CORRELATION: &str = "x-correlation-id";

tokio::task_local! {
    /// The id of the request that this task answers.
    static CURRENT: CorrelationId;
}

/// The id of the request that is being answered; none outside of one.
pub(crate) fn current_correlation() -> Option<CorrelationId> {
    CURRENT.try_with(Clone::clone).ok()
}

/// A caller who is signed in; a request without one is refused with 401.
pub(crate) struct Signed(pub(crate) Caller);

impl<S: Send + Sync> FromRequestParts<S> for Signed {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Answer<Self> {
        parts.extensions.get::<Caller>().cloned().map(Self).ok_or_else(Refusal::unauthenticated)
    }
}

/// The layer around everything that is not an asset or a health check.
pub(crate) async fn recognise(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let id = new_correlation();
    let mut response = CURRENT.scope(id.clone(), answer(state, request, next, &id)).await;
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(CORRELATION, value);
    }
    response
}

async fn answer(state: AppState, mut request: Request, next: Next, id: &CorrelationId) -> Response {
    let (method, headers) = (request.method().clone(), request.headers().clone());
    match caller(&state, &method, &headers).await {
        Err(refusal) => refusal.into_response(),
        Ok(None) if wants_page(&request) => {
            let had_session = cookie::read(request.headers(), cookie::session_name(state.https)).is_some();
            let wanted = request.uri().path_and_query().map_or("/", |path| path.as_str());
            local::ask_to_sign_in(wanted, had_session, state.https)
        }
        Ok(user) => {
            request.extensions_mut().insert(id.clone());
            if let Some(user) = user {
                request.extensions_mut().insert(Caller { user, correlation_id: id.clone() });
            }
            next.run(request).await
        }
    }
}

/// Fresh for every request: a caller can not forge that two requests belong together.
fn new_correlation() -> CorrelationId {
    uuid::Uuid::now_v7().simple().to_string().parse().expect("32 hex digits are a correlation id")
}

/// A page that needs a session, asked for by a browser.
fn wants_page(request: &Request) -> bool {
    let path = request.uri().path();
    let html = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    request.method().is_safe()
        && (path == "/" || path.starts_with("/t/"))
        && html.is_some_and(|accept| accept.contains("text/html"))
}

async fn caller(state: &AppState, method: &Method, headers: &HeaderMap) -> Answer<Option<User>> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let user = match bearer {
        Some(token) => match by_token(state, token.trim()).await? {
            Some(user) => Some(user),
            None => return Err(Refusal::unauthenticated()),
        },
        None => {
            let user = state.session_user(headers).await?;
            if user.is_some() && !csrf::allows(method, headers) {
                return Err(Refusal::new(
                    403,
                    "cross_site",
                    "This request came from another site.",
                    "Open the dashboard itself and try again there.",
                ));
            }
            user
        }
    };
    if let Some(user) = &user {
        let rate = Rate { per_minute: state.requests_per_minute, burst: state.requests_per_minute };
        let taken = state.platform.limits().take(format!("requests/{}", user.id), rate, state.platform.now());
        let id = current_correlation().unwrap_or_else(new_correlation);
        taken.map_err(|error| Refusal::from_error(&error, &id))?;
    }
    Ok(user)
}

async fn by_token(state: &AppState, token: &str) -> Answer<Option<User>> {
    if bool::from(token.as_bytes().ct_eq(state.admin_token.as_bytes())) {
        return Ok(Some(local::administrator()));
    }
    if !token.starts_with(TOKEN_PREFIX) {
        return Ok(None);
    }
    let found = AppState::taken(state.store.find_api_token(token, state.platform.now()).await)?;
    Ok(found.map(|found| found.token.user))
}

impl AppState {
    /// Who the request's cookie belongs to.
    pub(crate) async fn session_user(&self, headers: &HeaderMap) -> Answer<Option<User>> {
        let Some(id) = cookie::read(headers, cookie::session_name(self.https)) else { return Ok(None) };
        Self::taken(session::user(&*self.store, id, self.platform.now()).await)
    }
}
