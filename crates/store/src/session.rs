//! Sign-in: sessions, one-time links, API tokens. Secrets come in as text and are kept as SHA-256
//! only: whoever reads the database cannot sign in with what is in it.

use async_trait::async_trait;
use domain::{TenantName, Timestamp, identity::User};
use sha2::{Digest, Sha256};

use crate::Result;

/// A session as its owner (`server/src/auth`) keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Who is signed in, when someone is: to end all sessions of a user.
    pub user: Option<String>,
    /// The owner's own text, JSON.
    pub data: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// An API token to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiToken {
    /// Names it in lists and logs; not secret.
    pub id: String,
    /// For people to read.
    pub name: String,
    /// Who acts with it, and with which roles.
    pub user: User,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; none: never.
    pub expires_at: Option<Timestamp>,
}

/// An API token without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// As it was made.
    pub token: NewApiToken,
    /// When it was used last.
    pub used_at: Option<Timestamp>,
}

/// Sessions, links and tokens.
#[async_trait]
pub trait SessionStore {
    /// Makes a session; false when the id is taken.
    async fn create_session(&self, id: &str, session: &SessionRecord) -> Result<bool>;

    /// Makes or replaces a session.
    async fn save_session(&self, id: &str, session: &SessionRecord) -> Result<()>;

    /// A session that has not ended.
    async fn load_session(&self, id: &str, now: Timestamp) -> Result<Option<SessionRecord>>;

    /// Ends a session.
    async fn delete_session(&self, id: &str) -> Result<()>;

    /// Ends all sessions of a user; how many.
    async fn delete_sessions_of(&self, user: &str) -> Result<u64>;

    /// Sessions of a user that have not ended, by key, at most 100; those that end last come first.
    async fn list_sessions_of(&self, user: &str, now: Timestamp) -> Result<Vec<(String, SessionRecord)>>;

    /// Ends the session of this user with this key, which [`session_key`] gives; whether it was there.
    async fn revoke_session(&self, user: &str, key: &str) -> Result<bool>;

    /// Makes a sign-in link.
    async fn create_sign_in_link(&self, secret: &str, user: &User, expires_at: Timestamp) -> Result<()>;

    /// Uses a sign-in link up: its user, the first time and before it ends; `None` otherwise.
    async fn take_sign_in_link(&self, secret: &str, now: Timestamp) -> Result<Option<User>>;

    /// Makes an API token, or replaces the one of that id.
    async fn save_api_token(&self, secret: &str, token: &NewApiToken) -> Result<()>;

    /// The token of a secret, when it has not ended; notes the use, to the minute.
    async fn find_api_token(&self, secret: &str, now: Timestamp) -> Result<Option<ApiToken>>;

    /// Revokes a token; whether it was there.
    async fn delete_api_token(&self, id: &str) -> Result<bool>;

    /// Revokes every token of somebody with a role in a tenant; how many.
    async fn delete_api_tokens_of(&self, tenant: &TenantName) -> Result<u64>;

    /// Deletes sessions, links and tokens that have ended.
    async fn prune_sessions(&self, now: Timestamp) -> Result<u64>;
}

/// What names a session in lists: what is kept of its id.
pub fn session_key(id: &str) -> String {
    hash(id)
}

/// What is kept of a secret.
pub(crate) fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}
