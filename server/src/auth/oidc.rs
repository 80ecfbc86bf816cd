//! Sign-in with an identity provider (OpenID Connect): code flow with PKCE, state and nonce per attempt.
//!
//! Tokens stay on the server, in the session. Whoever the provider says someone is, what they may do comes
//! from the tenants' members.

mod claims;
mod flow;
mod logout;
mod provider;
mod refresh;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::{
    Router,
    routing::{get, post},
};
use serde::{Deserialize, Serialize};

pub(crate) use refresh::Refreshed;

use crate::{Result, config::Config, state::AppState};

/// Everything that sign-in with a provider needs.
pub(crate) struct Oidc {
    provider: provider::Provider,
    groups: claims::Groups,
    scopes: Vec<String>,
    /// Where the provider sends people back to after sign-out.
    signed_out: String,
    /// Refreshes on their way, one per session.
    refreshing: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    /// Logout tokens that were used, until they end: id and end.
    used_logouts: Mutex<HashMap<String, i64>>,
}

/// What a session keeps of the provider's answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tokens {
    id_token: String,
    refresh_token: Option<String>,
    refreshed: domain::Timestamp,
}

impl Oidc {
    /// None without an issuer.
    pub(crate) fn new(config: &Config) -> Result<Option<Self>> {
        if !config.has_issuer() {
            return Ok(None);
        }
        Ok(Some(Self {
            provider: provider::Provider::new(config)?,
            groups: claims::Groups::new(&config.oidc_groups_claim, &config.oidc_admin_groups),
            scopes: config.oidc_scopes.split_whitespace().map(str::to_owned).collect(),
            signed_out: format!("{}/signed-out?reason=out", config.public_url()),
            refreshing: Mutex::default(),
            used_logouts: Mutex::default(),
        }))
    }
}

/// Where people begin, come back to, and where the provider tells of their end.
pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route("/auth/login", get(flow::login))
        .route("/auth/callback", get(flow::callback))
        .route("/auth/backchannel-logout", post(logout::backchannel))
}
