//! Sessions: an opaque id in the cookie, its hash and everything else in the store.

use axum::http::{HeaderMap, header};
use domain::{Timestamp, identity::User, session::SessionFacts};
use serde::{Deserialize, Serialize};
use store::{SessionRecord, Store};

use super::oidc::Tokens;
use crate::data_folder::secret;

/// A session ends after this long without a request …
pub(crate) const IDLE_MS: i64 = 15 * 60_000;
/// … and in any case after this long.
pub(crate) const LONGEST_MS: i64 = 12 * 3_600_000;
/// The last use is noted this exactly, so that not every request is a write.
const NOTED_MS: i64 = 60_000;
/// Letters that are kept of what a browser calls itself.
const LONGEST_AGENT: usize = 300;

#[derive(Serialize, Deserialize)]
struct Session {
    user: User,
    #[serde(flatten)]
    facts: SessionFacts,
    /// Of the identity provider; none: signed in by a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tokens: Option<Tokens>,
}

/// Who a session belongs to, and what the identity provider said of them.
pub(crate) struct Found {
    pub(crate) user: User,
    pub(crate) tokens: Option<Tokens>,
}

impl Session {
    fn record(&self) -> Result<SessionRecord, store::Error> {
        let SessionFacts { began, seen, .. } = &self.facts;
        let ends = seen.plus_millis(IDLE_MS + NOTED_MS).min(began.plus_millis(LONGEST_MS));
        let data =
            serde_json::to_string(self).map_err(|error| store::Error::Unsupported(error.to_string()))?;
        Ok(SessionRecord { user: Some(self.user.id.clone()), data, expires_at: ends })
    }
}

/// Where someone signs in, for the list of their sessions.
pub(crate) struct From {
    address: Option<String>,
    agent: Option<String>,
}

impl From {
    pub(crate) fn new(address: Option<String>, headers: &HeaderMap) -> Self {
        let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        Self { address, agent: agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect()) }
    }
}

/// Begins a session; the id for the cookie.
pub(crate) async fn begin(
    store: &dyn Store,
    user: User,
    tokens: Option<Tokens>,
    from: From,
    now: Timestamp,
) -> Result<String, store::Error> {
    let id = secret("kls");
    let facts = SessionFacts { began: now, seen: now, address: from.address, agent: from.agent };
    let session = Session { user, facts, tokens };
    store.create_session(&id, &session.record()?).await?;
    Ok(id)
}

/// Who a session belongs to, when it has not ended; notes the use.
pub(crate) async fn find(store: &dyn Store, id: &str, now: Timestamp) -> Result<Option<Found>, store::Error> {
    let Some(record) = store.load_session(id, now).await? else { return Ok(None) };
    let Ok(mut session) = serde_json::from_str::<Session>(&record.data) else { return Ok(None) };
    if now.millis_since(session.facts.seen) > IDLE_MS + NOTED_MS {
        return Ok(None);
    }
    if now.millis_since(session.facts.seen) >= NOTED_MS {
        session.facts.seen = now;
        store.save_session(id, &session.record()?).await?;
    }
    Ok(Some(Found { user: session.user, tokens: session.tokens }))
}

/// Whether a session goes on; looking is no use of it.
pub(crate) async fn holds(store: &dyn Store, id: &str, now: Timestamp) -> bool {
    // A database that does not answer ends nothing.
    store.load_session(id, now).await.map_or(true, |found| found.is_some())
}

/// Writes the identity provider's newest word into a session that goes on.
pub(crate) async fn renew(
    store: &dyn Store,
    id: &str,
    user: &User,
    tokens: &Tokens,
    now: Timestamp,
) -> Result<(), store::Error> {
    let Some(record) = store.load_session(id, now).await? else { return Ok(()) };
    let Ok(mut session) = serde_json::from_str::<Session>(&record.data) else { return Ok(()) };
    session.user = user.clone();
    session.tokens = Some(tokens.clone());
    store.save_session(id, &session.record()?).await
}
