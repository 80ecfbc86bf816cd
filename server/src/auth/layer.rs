//! Recognises the caller of every request, and refuses what no caller may send.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{
    CorrelationId, TenantName,
    identity::{Caller, User},
};
use platform::Rate;
use subtle::ConstantTimeEq;

use app::form::FormToken;

use super::{
    Credential, TOKEN_PREFIX, cookie, csrf, local,
    oidc::{Oidc, Refreshed},
    session,
};
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
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip().to_string());
    match caller(&state, &method, request.uri().path(), &headers).await {
        Err(refusal) => refusal.into_response(),
        Ok(None) if wants_page(&request) => {
            let had_session = cookie::read(request.headers(), cookie::session_name(state.https)).is_some();
            let wanted = request.uri().path_and_query().map_or("/", |path| path.as_str());
            local::ask_to_sign_in(wanted, had_session, &state)
        }
        Ok(found) => {
            request.extensions_mut().insert(id.clone());
            if let Some((user, credential)) = found {
                if let Some(token) = credential.form_token() {
                    request.extensions_mut().insert(FormToken(token));
                }
                if !csrf::proves(&method, request.uri().path(), &headers, request.extensions()) {
                    return Refusal::forged().into_response();
                }
                if let Some(key) = credential.session_key() {
                    request.extensions_mut().insert(key);
                }
                request.extensions_mut().insert(credential);
                request.extensions_mut().insert(Caller { user, correlation_id: id.clone(), address });
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
        && (path == "/" || path == "/admin" || ["/t/", "/admin/"].iter().any(|start| path.starts_with(start)))
        && html.is_some_and(|accept| accept.contains("text/html"))
}

async fn caller(
    state: &AppState,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Answer<Option<(User, Credential)>> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let user = match bearer {
        Some(token) => match by_token(state, token.trim()).await? {
            Some(user) => Some((user, Credential::Token(token.trim().into()))),
            None => return Err(Refusal::unauthenticated()),
        },
        None => {
            let user = state.session_user(headers).await?;
            let id = cookie::read(headers, cookie::session_name(state.https)).unwrap_or_default();
            let user = user.map(|user| (user, Credential::Session(id.into())));
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
    let user = user.map(|(user, credential)| (state.platform.recognise(user), credential));
    if let Some((user, _)) = &user {
        let rate = Rate { per_minute: state.requests_per_minute, burst: state.requests_per_minute };
        let taken = state.platform.limits().take(format!("requests/{}", user.id), rate, state.platform.now());
        let id = current_correlation().unwrap_or_else(new_correlation);
        taken.map_err(|error| Refusal::from_error(&error, &id))?;
        if let Some(tenant) = api_tenant(path) {
            state.platform.limit_api(user, &tenant).map_err(|error| Refusal::from_error(&error, &id))?;
        }
    }
    Ok(user)
}

/// Whose API is called; of all members together, a tenant may limit it.
fn api_tenant(path: &str) -> Option<TenantName> {
    let (_, below) = path.split_once("/api/v1/tenants/").filter(|(before, _)| before.is_empty())?;
    below.split('/').next()?.parse().ok()
}

pub(super) async fn by_token(state: &AppState, token: &str) -> Answer<Option<User>> {
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
        let now = self.platform.now();
        let Some(found) = Self::taken(session::find(&*self.store, id, now).await)? else { return Ok(None) };
        match (&self.oidc, &found.tokens) {
            (Some(oidc), Some(tokens)) if tokens.is_due(now) => self.refreshed(oidc, id).await,
            _ => Ok(Some(found.user)),
        }
    }

    /// Asks the identity provider about a session: once, however many requests come at the same time.
    async fn refreshed(&self, oidc: &Oidc, id: &str) -> Answer<Option<User>> {
        let turn = oidc.turn(id);
        let _mine = turn.lock().await;
        let now = self.platform.now();
        // Another request may have done it meanwhile.
        let Some(found) = Self::taken(session::find(&*self.store, id, now).await)? else { return Ok(None) };
        let Some(tokens) = &found.tokens else { return Ok(Some(found.user)) };
        match oidc.refresh(&found.user, tokens, now).await {
            Refreshed::Fresh | Refreshed::Later => Ok(Some(found.user)),
            Refreshed::Anew(anew) => {
                let (user, tokens) = *anew;
                Self::taken(session::renew(&*self.store, id, &user, &tokens, now).await)?;
                Ok(Some(user))
            }
            Refreshed::Ended => {
                Self::taken(self.store.delete_session(id).await)?;
                Ok(None)
            }
        }
    }
}
