//! What a caller proved who they are with.

use std::sync::Arc;

use app::session::SessionKey;
use sha2::{Digest, Sha256};

use super::{layer, session};
use crate::state::AppState;

/// A session's id or a token's text; never leaves the process.
#[derive(Clone)]
pub(crate) enum Credential {
    Session(Arc<str>),
    Token(Arc<str>),
}

impl Credential {
    /// Names it where its secret must not stand.
    pub(crate) fn key(&self) -> String {
        let (Self::Session(secret) | Self::Token(secret)) = self;
        hex::encode(Sha256::digest(format!("key:{secret}")))
    }

    /// What forms of this session carry, so that no other site can know it (SEC-02).
    pub(crate) fn form_token(&self) -> Option<String> {
        match self {
            Self::Session(id) => Some(hex::encode(Sha256::digest(format!("form:{id}")))),
            Self::Token(_) => None,
        }
    }

    /// What the session is called in the list of its owner's.
    pub(crate) fn session_key(&self) -> Option<SessionKey> {
        match self {
            Self::Session(id) => Some(SessionKey(store::session_key(id))),
            Self::Token(_) => None,
        }
    }

    /// Whether it still is one: looked at, not used.
    pub(crate) async fn holds(&self, state: &AppState) -> bool {
        match self {
            Self::Session(id) => session::holds(&*state.store, id, state.platform.now()).await,
            Self::Token(token) => matches!(layer::by_token(state, token).await, Ok(Some(_))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_shown_gives_the_session_away() {
        let session = Credential::Session("kls_secret".into());
        let token = session.form_token().unwrap();
        assert_ne!(token, session.key());
        assert!(!token.contains("secret") && !session.key().contains("secret"));
        assert_eq!(Credential::Token("klt_x".into()).form_token(), None);
    }
}
