//! Looks after a person at the provider while their session goes on: new groups, or the end.

use std::sync::{Arc, PoisonError};

use domain::{Timestamp, identity::User};
use openidconnect::{Nonce, OAuth2TokenResponse, RefreshToken, RequestTokenError, TokenResponse};

use super::{Oidc, Tokens, claims::payload, provider::Provider};

/// How old the provider's word on someone may become.
const FRESH_MS: i64 = 5 * 60_000;

/// What became of a session.
pub(crate) enum Refreshed {
    /// Nothing was to be done.
    Fresh,
    /// The provider's newest word.
    Anew(Box<(User, Tokens)>),
    /// The provider does not answer; the session goes on within its own limits.
    Later,
    /// The provider ended it.
    Ended,
}

impl Tokens {
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        self.refresh_token.is_some() && now.millis_since(self.refreshed) >= FRESH_MS
    }

    /// The token that tells the provider at sign-out who goes.
    pub(super) fn id_token(&self) -> &str {
        &self.id_token
    }
}

impl Oidc {
    /// The lock of one session: of many requests at once, one refreshes.
    pub(crate) fn turn(&self, key: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        turns.entry(key.to_owned()).or_default().clone()
    }

    /// Asks the provider once more; to be called in one's [`Self::turn`], with what the session says then.
    pub(crate) async fn refresh(&self, user: &User, tokens: &Tokens, now: Timestamp) -> Refreshed {
        let Some(refresh) = tokens.refresh_token.clone().filter(|_| tokens.is_due(now)) else {
            return Refreshed::Fresh;
        };
        let Ok(metadata) = self.provider.metadata(now, false).await else { return Refreshed::Later };
        let client = self.provider.client(&metadata);
        let refresh = RefreshToken::new(refresh);
        let Ok(request) = client.exchange_refresh_token(&refresh) else { return Refreshed::Later };
        let ask = self.provider.ask();
        let response = match request.request_async(&ask).await {
            Ok(response) => response,
            Err(RequestTokenError::ServerResponse(answer)) => {
                tracing::info!(reason = %answer.error(), user.id, "the identity provider ended a session");
                return Refreshed::Ended;
            }
            Err(error) => {
                tracing::warn!(%error, "a session could not be refreshed");
                return Refreshed::Later;
            }
        };
        let refresh_token = response.refresh_token().map(|token| token.secret().clone());
        let refresh_token = refresh_token.or_else(|| tokens.refresh_token.clone());
        let Some(token) = response.id_token() else {
            // Not every provider says again who it is; the answer itself says that they still are.
            return Refreshed::Anew(Box::new((
                user.clone(),
                Tokens { refresh_token, refreshed: now, ..tokens.clone() },
            )));
        };
        let any_nonce = |_: Option<&Nonce>| Ok(());
        if let Err(error) = token.claims(&Provider::verifier(&client), any_nonce) {
            tracing::warn!(%error, "a refreshed identity token is refused");
            return Refreshed::Ended;
        }
        let id_token = token.to_string();
        let person = payload(&id_token).and_then(|claims| self.groups.person(&claims));
        match person.filter(|person| person.id == user.id) {
            // Another person than before is never taken over.
            None => Refreshed::Ended,
            Some(person) => {
                Refreshed::Anew(Box::new((person, Tokens { id_token, refresh_token, refreshed: now })))
            }
        }
    }
}
