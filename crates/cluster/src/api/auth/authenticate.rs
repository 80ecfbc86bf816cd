//! Telling users by their bearer tokens.

use http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use super::user::User;
use crate::api::Api;
use crate::api::status::{ApiError, ApiResult};
use crate::registry::Key;

/// Knows the administrator's token; tokens of service accounts speak for themselves.
#[derive(Debug, Clone)]
pub struct Authenticator {
    admin_token: [u8; 32],
}

impl Authenticator {
    pub fn new(admin_token: &str) -> Self {
        Self { admin_token: Sha256::digest(admin_token).into() }
    }

    /// The user of a request; without a token the anonymous one, with a token that is not known a 401.
    pub fn user(&self, api: &Api, headers: &HeaderMap) -> ApiResult<User> {
        let Some(authorization) = headers.get(header::AUTHORIZATION) else { return Ok(User::anonymous()) };
        let token =
            authorization.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).unwrap_or_default();
        self.user_of_token(api, token.trim()).ok_or_else(ApiError::unauthorized)
    }

    /// The user of a token that is valid.
    fn user_of_token(&self, api: &Api, token: &str) -> Option<User> {
        // Digests are compared, so that the time it takes tells nothing about the token.
        let digest: [u8; 32] = Sha256::digest(token).into();
        if digest == self.admin_token { Some(User::admin()) } else { service_account(api, token) }
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
