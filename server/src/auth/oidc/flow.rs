//! Out to the provider and back.

use std::net::SocketAddr;

use axum::{
    Extension,
    extract::{ConnectInfo, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use domain::{
    CorrelationId, Timestamp,
    audit::action,
    identity::{Caller, User},
};
use openidconnect::{
    AuthenticationFlow, AuthorizationCode, ClaimsVerificationError, CsrfToken, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PkceCodeVerifier, RequestTokenError, Scope, SignatureVerificationError, TokenResponse,
    core::CoreResponseType,
};
use serde::{Deserialize, Serialize};
use store::SessionRecord;

use super::{
    Oidc, Tokens,
    claims::payload,
    provider::{Failure, Provider},
};
use crate::{
    auth::{cookie, local, session},
    data_folder::secret,
    extract::Query,
    problem::Answer,
    state::AppState,
};

/// How long someone may take at the provider.
const ATTEMPT_MS: i64 = 10 * 60_000;

/// One try to sign in. Kept by its state, so that several tabs can try at once.
#[derive(Serialize, Deserialize)]
struct Attempt {
    nonce: String,
    verifier: String,
    next: String,
    /// What the browser that began has in its cookie: a state from elsewhere is of no use.
    browser: String,
}

#[derive(Deserialize)]
pub(crate) struct Begin {
    next: Option<String>,
}

/// `GET /auth/login?next=`: begins an attempt and goes to the provider.
pub(crate) async fn login(
    State(state): State<AppState>,
    headers: HeaderMap,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    Query(begin): Query<Begin>,
) -> Answer {
    let Some(oidc) = &state.oidc else { return Ok(Redirect::to("/signed-out").into_response()) };
    let now = state.platform.now();
    state.limit_sign_in(&address(from.as_ref()), now)?;
    let metadata = match oidc.provider.metadata(now, false).await {
        Ok(metadata) => metadata,
        Err(failure) => return Ok(provider_down(&failure)),
    };
    let client = oidc.provider.client(&metadata);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let code = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let mut request = client.authorize_url(code, CsrfToken::new_random, Nonce::new_random);
    for scope in oidc.scopes.iter().filter(|scope| *scope != "openid") {
        request = request.add_scope(Scope::new(scope.clone()));
    }
    let (url, csrf, nonce) = request.set_pkce_challenge(challenge).url();
    let wanted = begin.next.as_deref().or_else(|| cookie::read(&headers, local::NEXT));
    let next = wanted.filter(|path| local::is_local(path)).unwrap_or("/");
    let attempt = Attempt {
        nonce: nonce.secret().clone(),
        verifier: verifier.secret().clone(),
        next: next.to_owned(),
        browser: secret("try"),
    };
    keep(&state, csrf.secret(), &attempt, now).await?;
    let mut response = local::see_other(url.as_str());
    let name = cookie_name(csrf.secret(), state.https);
    local::append(&mut response, cookie::write(&name, &attempt.browser, ATTEMPT_MS / 1000, state.https));
    Ok(response)
}

#[derive(Deserialize)]
pub(crate) struct Returned {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// `GET /auth/callback`: the provider sent the browser back.
pub(crate) async fn callback(
    State(state): State<AppState>,
    headers: HeaderMap,
    Extension(id): Extension<CorrelationId>,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    Query(returned): Query<Returned>,
) -> Answer {
    let Some(oidc) = &state.oidc else { return Ok(Redirect::to("/signed-out").into_response()) };
    let from = address(from.as_ref());
    let nobody = platform::nobody(Some(from.clone()), id);
    let now = state.platform.now();
    state.limit_callback(&from, now)?;
    let (user, tokens, attempt) = match redeem(&state, oidc, &headers, &returned, now).await? {
        Ok(signed) => signed,
        Err(refused) => {
            tracing::warn!(reason = refused.code(), %refused, "a sign-in was refused");
            state
                .platform
                .note_sign_in(&nobody, action::SESSION_BEGIN, "provider", Some(refused.code()))
                .await;
            let mut response = refused.page();
            if let Some(csrf) = &returned.state {
                local::append(
                    &mut response,
                    cookie::write(&cookie_name(csrf, state.https), "", 0, state.https),
                );
            }
            return Ok(response);
        }
    };
    let caller = Caller { user: user.clone(), ..nobody };
    state.platform.note_sign_in(&caller, action::SESSION_BEGIN, "provider", None).await;
    let name = cookie::session_name(state.https);
    if let Some(before) = cookie::read(&headers, name) {
        AppState::taken(state.store.delete_session(before).await)?;
    }
    let browser = session::From::new(Some(from), &headers);
    let begun = session::begin(&*state.store, user, Some(tokens), browser, now).await;
    let session = AppState::taken(begun)?;
    let mut response = local::see_other(&attempt.next);
    local::append(&mut response, cookie::write(name, &session, session::LONGEST_MS / 1000, state.https));
    local::append(&mut response, cookie::write(local::NEXT, "", 0, state.https));
    if let Some(csrf) = &returned.state {
        local::append(&mut response, cookie::write(&cookie_name(csrf, state.https), "", 0, state.https));
    }
    Ok(response)
}

/// Why an attempt came to nothing.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("the attempt is not known in this browser, or over")]
    Attempt,
    #[error("the provider said {0}")]
    Provider(String),
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error("the identity token is refused: {0}")]
    Token(String),
}

impl Refused {
    const fn code(&self) -> &'static str {
        match self {
            Self::Attempt => "attempt",
            Self::Provider(_) => "provider_said_no",
            Self::Failure(_) => "provider",
            Self::Token(_) => "token",
        }
    }

    fn page(&self) -> Response {
        match self {
            Self::Failure(failure) => provider_down(failure),
            _ => local::see_other(&format!("/signed-out?reason={}", self.code())),
        }
    }
}

async fn redeem(
    state: &AppState,
    oidc: &Oidc,
    headers: &HeaderMap,
    returned: &Returned,
    now: Timestamp,
) -> Answer<Result<(User, Tokens, Attempt), Refused>> {
    let Some(attempt) = take(state, headers, returned, now).await? else { return Ok(Err(Refused::Attempt)) };
    if let Some(error) = &returned.error {
        let known = error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
        return Ok(Err(Refused::Provider(known)));
    }
    let Some(code) = returned.code.clone() else { return Ok(Err(Refused::Provider("nothing".to_owned()))) };
    Ok(exchange(oidc, code, &attempt, now).await.map(|(user, tokens)| (user, tokens, attempt)))
}

async fn exchange(
    oidc: &Oidc,
    code: String,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<(User, Tokens), Refused> {
    let metadata = oidc.provider.metadata(now, false).await?;
    let client = oidc.provider.client(&metadata);
    let request = client
        .exchange_code(AuthorizationCode::new(code))
        .map_err(|error| Failure::Refused(error.to_string()))?
        .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier.clone()));
    let ask = oidc.provider.ask();
    let response = request.request_async(&ask).await.map_err(|error| match error {
        RequestTokenError::ServerResponse(answer) => Refused::Provider(answer.error().to_string()),
        RequestTokenError::Request(error) => Failure::Away(error.to_string()).into(),
        other => Failure::Refused(other.to_string()).into(),
    })?;
    let token = response.id_token().ok_or_else(|| Refused::Token("there is none".to_owned()))?;
    let nonce = Nonce::new(attempt.nonce.clone());
    let first = token.claims(&Provider::verifier(&client), &nonce).map(drop);
    if let Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) =
        first
    {
        // The provider has new keys.
        let metadata = oidc.provider.metadata(now, true).await?;
        let client = oidc.provider.client(&metadata);
        let again = token.claims(&Provider::verifier(&client), &nonce).map(drop);
        again.map_err(|error| Refused::Token(error.to_string()))?;
    } else {
        first.map_err(|error| Refused::Token(error.to_string()))?;
    }
    let id_token = token.to_string();
    let user = payload(&id_token).and_then(|claims| oidc.groups.person(&claims));
    let user = user.ok_or_else(|| Refused::Token("it names nobody".to_owned()))?;
    let refresh_token = response.refresh_token().map(|token| token.secret().clone());
    Ok((user, Tokens { id_token, refresh_token, refreshed: now }))
}

async fn keep(state: &AppState, csrf: &str, attempt: &Attempt, now: Timestamp) -> Answer<()> {
    let record = SessionRecord {
        user: None,
        data: serde_json::to_string(attempt).unwrap_or_default(),
        expires_at: now.plus_millis(ATTEMPT_MS),
    };
    AppState::taken(state.store.create_session(&attempt_id(csrf), &record).await).map(drop)
}

/// The attempt of this state, begun in this browser; it can be taken once.
async fn take(
    state: &AppState,
    headers: &HeaderMap,
    returned: &Returned,
    now: Timestamp,
) -> Answer<Option<Attempt>> {
    let Some(csrf) = returned.state.as_deref().filter(|csrf| csrf.len() < 200) else { return Ok(None) };
    let id = attempt_id(csrf);
    let Some(record) = AppState::taken(state.store.load_session(&id, now).await)? else { return Ok(None) };
    let attempt: Option<Attempt> = serde_json::from_str(&record.data).ok();
    let name = cookie_name(csrf, state.https);
    let mine = attempt.filter(|attempt| cookie::read(headers, &name) == Some(attempt.browser.as_str()));
    if mine.is_some() {
        AppState::taken(state.store.delete_session(&id).await)?;
    }
    Ok(mine)
}

fn attempt_id(csrf: &str) -> String {
    format!("attempt:{csrf}")
}

/// A cookie per attempt, so that tabs do not take one another's.
fn cookie_name(csrf: &str, https: bool) -> String {
    let short: String = csrf.chars().filter(char::is_ascii_alphanumeric).take(12).collect();
    if https { format!("__Host-try-{short}") } else { format!("try-{short}") }
}

fn provider_down(failure: &Failure) -> Response {
    tracing::warn!(%failure, "nobody can sign in");
    local::see_other("/signed-out?reason=provider")
}

fn address(from: Option<&Extension<ConnectInfo<SocketAddr>>>) -> String {
    from.map(|Extension(ConnectInfo(address))| address.ip().to_string()).unwrap_or_default()
}
