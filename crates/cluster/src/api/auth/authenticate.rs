//! Telling users by their bearer tokens and client certificates.

use std::collections::HashMap;
use std::sync::Arc;

use http::{Extensions, HeaderMap, header};
use sha2::{Digest, Sha256};

use super::user::User;
use crate::api::Api;
use crate::api::status::{ApiError, ApiResult};
use crate::registry::Key;

/// Who the certificate is of that a connection was opened with; put into requests by the TLS listener, which has
/// checked it.
#[derive(Debug, Clone)]
pub struct ClientCertificate(pub User);

/// Knows the tokens of users; those of service accounts speak for themselves.
#[derive(Debug, Clone)]
pub struct Authenticator {
    /// By the digest of the token.
    users: Arc<HashMap<[u8; 32], User>>,
}

impl Authenticator {
    /// The administrator's token, and those of others.
    pub fn new<'a>(admin_token: &str, others: impl IntoIterator<Item = &'a (String, User)>) -> Self {
        let others = others.into_iter().map(|(token, user)| (Sha256::digest(token).into(), user.clone()));
        let admin = (Sha256::digest(admin_token).into(), User::admin());
        Self { users: Arc::new(others.chain([admin]).collect()) }
    }

    /// The user of a request; without token and certificate the anonymous one, with a token that is not known a 401.
    pub fn user(&self, api: &Api, headers: &HeaderMap, extensions: &Extensions) -> ApiResult<User> {
        if let Some(ClientCertificate(user)) = extensions.get() {
            return Ok(user.clone());
        }
        let Some(authorization) = headers.get(header::AUTHORIZATION) else { return Ok(User::anonymous()) };
        let token =
            authorization.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
        self.user_of_token(api, token.trim()).ok_or_else(ApiError::unauthorized)
    }

    /// The user of a token that is valid.
    fn user_of_token(&self, api: &Api, token: &str) -> Option<User> {
        // Digests are looked up, so that the time it takes tells nothing about the token.
        let digest: [u8; 32] = Sha256::digest(token).into();
        self.users.get(&digest).cloned().or_else(|| service_account(api, token))
    }
}

/// The service account of a token, as long as the account is there.
pub(in crate::api) fn service_account(api: &Api, token: &str) -> Option<User> {
    let account = api.token_key.verify(token, api.now().as_second())?.account;
    let resources = api.registry.resources();
    let accounts = resources.find("", "v1", "serviceaccounts")?;
    let reference = &account.reference;
    let stored = api.registry.get(accounts, &Key::new(&account.namespace, &reference.name))?;
    (stored.object().uid() == reference.uid)
        .then(|| User::service_account(&account.namespace, &reference.name, &reference.uid))
}
