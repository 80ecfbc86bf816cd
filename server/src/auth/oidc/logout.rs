//! Sign-out that the provider hears of, and sign-out that the provider tells of.

use axum::{
    Form,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Timestamp;
use openidconnect::{
    CsrfToken, JsonWebKey, LogoutRequest, PostLogoutRedirectUrl, ProviderMetadataWithLogout,
    core::{CoreIdToken, CoreJwsSigningAlgorithm},
};
use serde::Deserialize;
use serde_json::Value;

use super::{Oidc, Tokens, claims::person_id, provider::Provider};
use crate::state::AppState;

/// The event that a logout token tells of.
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How old a logout token may be, and how far the clocks may differ.
const OLDEST_MS: i64 = 5 * 60_000;
/// Ids of used logout tokens that are remembered.
const MOST_USED: usize = 10_000;

impl Oidc {
    /// A page that goes on to the provider, so that its own session ends, too.
    pub(crate) async fn sign_out_page(&self, tokens: &Tokens, now: Timestamp) -> Option<Response> {
        let metadata = self.provider.metadata(now, false).await.ok()?;
        let end = metadata.additional_metadata().end_session_endpoint.clone()?;
        let back = PostLogoutRedirectUrl::new(self.signed_out.clone()).ok()?;
        let mut request = LogoutRequest::from(end)
            .set_client_id(self.provider.client_id().clone())
            .set_post_logout_redirect_uri(back)
            .set_state(CsrfToken::new_random());
        if let Ok(token) = tokens.id_token().parse::<CoreIdToken>() {
            request = request.set_id_token_hint(&token);
        }
        let url = request.http_get_url().to_string();
        // A redirect would still be the form's submission, which may not leave this site (form-action).
        let refresh = HeaderValue::try_from(format!("0; url={url}")).ok()?;
        let link = url.replace('&', "&amp;").replace('"', "&quot;");
        let page = format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Signing out</title></head>\
             <body><main><h1>Signing out</h1><p><a href=\"{link}\">Go on to the identity provider</a></p></main></body></html>"
        );
        Some(([(header::REFRESH, refresh)], Html(page)).into_response())
    }
}

#[derive(Deserialize)]
pub(crate) struct Told {
    logout_token: String,
}

/// `POST /auth/backchannel-logout`: the provider says that someone is signed out; their sessions end in the
/// store, so on every replica.
pub(crate) async fn backchannel(State(state): State<AppState>, Form(told): Form<Told>) -> Response {
    let Some(oidc) = &state.oidc else { return StatusCode::NOT_FOUND.into_response() };
    let now = state.platform.now();
    let subject = match oidc.logout_subject(&told.logout_token, now).await {
        Ok(subject) => subject,
        Err(why) => {
            tracing::warn!(why, "a logout token is refused");
            return (StatusCode::BAD_REQUEST, axum::Json(serde_json::json!({"error": "invalid_request"})))
                .into_response();
        }
    };
    match state.store.delete_sessions_of(&person_id(&subject)).await {
        Ok(ended) => {
            tracing::info!(ended, "the identity provider signed someone out");
            StatusCode::OK.into_response()
        }
        Err(error) => {
            tracing::error!(%error, "sessions could not be ended");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

#[derive(Deserialize)]
struct Header {
    alg: CoreJwsSigningAlgorithm,
    kid: Option<String>,
}

impl Oidc {
    /// Whom a logout token is about, once everything about it was checked.
    async fn logout_subject(&self, token: &str, now: Timestamp) -> Result<String, &'static str> {
        let metadata =
            self.provider.metadata(now, false).await.map_err(|_| "the provider does not answer")?;
        let signed = match signed_claims(token, &metadata) {
            Err(UNKNOWN_KEY) => {
                let metadata = self.provider.metadata(now, true).await;
                signed_claims(token, &*metadata.map_err(|_| "the provider does not answer")?)?
            }
            other => other?,
        };
        let text = |name: &str| signed.get(name).and_then(Value::as_str);
        if text("iss") != Some(self.provider.issuer().as_str()) {
            return Err("another issuer");
        }
        let ours = self.provider.client_id().as_str();
        let audience = match signed.get("aud") {
            Some(Value::String(one)) => one == ours,
            Some(Value::Array(many)) => many.iter().any(|one| one == ours),
            _ => false,
        };
        if !audience {
            return Err("another audience");
        }
        if !signed.get("events").and_then(|events| events.get(EVENT)).is_some_and(Value::is_object) {
            return Err("no logout event");
        }
        if signed.get("nonce").is_some() {
            return Err("an identity token");
        }
        let at =
            |name: &str| signed.get(name).and_then(Value::as_i64).map(|seconds| seconds.saturating_mul(1000));
        let issued = at("iat").ok_or("no time of issue")?;
        let age = now.as_millis().saturating_sub(issued);
        let expired = at("exp").is_some_and(|end| end.saturating_add(OLDEST_MS) < now.as_millis());
        if !(-OLDEST_MS..=OLDEST_MS).contains(&age) || expired {
            return Err("too old");
        }
        let id = text("jti").ok_or("no id")?;
        let mut used = self.used_logouts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        used.retain(|_, until| *until > now.as_millis());
        if used.len() >= MOST_USED
            || used.insert(id.to_owned(), issued.saturating_add(3 * OLDEST_MS)).is_some()
        {
            return Err("used before");
        }
        text("sub").map(str::to_owned).ok_or("no subject")
    }
}

const UNKNOWN_KEY: &str = "another key";

/// The claims of a token that the provider has signed.
fn signed_claims(token: &str, metadata: &ProviderMetadataWithLogout) -> Result<Value, &'static str> {
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        return Err("no token");
    };
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "not base64");
    let head: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| "no header")?;
    if !Provider::believes(&head.alg) {
        return Err("a signature that is not believed");
    }
    let message = format!("{header}.{payload}");
    let signature = decoded(signature)?;
    let fits = |key: &&openidconnect::core::CoreJsonWebKey| {
        head.kid.as_ref().is_none_or(|kid| key.key_id().is_some_and(|id| id.as_str() == kid))
    };
    let keys = metadata.jwks().keys().iter().filter(fits);
    let good =
        keys.into_iter().any(|key| key.verify_signature(&head.alg, message.as_bytes(), &signature).is_ok());
    if !good {
        return Err(UNKNOWN_KEY);
    }
    serde_json::from_slice(&decoded(payload)?).map_err(|_| "no claims")
}
