//! Sessions: an opaque id in the cookie, its hash and everything else in the store.

use domain::{Timestamp, identity::User};
use serde::{Deserialize, Serialize};
use store::{SessionRecord, Store};

use crate::data_folder::secret;

/// A session ends after this long without a request …
pub(crate) const IDLE_MS: i64 = 15 * 60_000;
/// … and in any case after this long.
pub(crate) const LONGEST_MS: i64 = 12 * 3_600_000;
/// The last use is noted this exactly, so that not every request is a write.
const NOTED_MS: i64 = 60_000;

#[derive(Serialize, Deserialize)]
struct Session {
    user: User,
    began: Timestamp,
    seen: Timestamp,
}

impl Session {
    fn record(&self) -> Result<SessionRecord, store::Error> {
        let ends = self.seen.plus_millis(IDLE_MS + NOTED_MS).min(self.began.plus_millis(LONGEST_MS));
        let data =
            serde_json::to_string(self).map_err(|error| store::Error::Unsupported(error.to_string()))?;
        Ok(SessionRecord { user: Some(self.user.id.clone()), data, expires_at: ends })
    }
}

/// Begins a session; the id for the cookie.
pub(crate) async fn begin(store: &dyn Store, user: User, now: Timestamp) -> Result<String, store::Error> {
    let id = secret("kls");
    let session = Session { user, began: now, seen: now };
    store.create_session(&id, &session.record()?).await?;
    Ok(id)
}

/// Who a session belongs to, when it has not ended; notes the use.
pub(crate) async fn user(store: &dyn Store, id: &str, now: Timestamp) -> Result<Option<User>, store::Error> {
    let Some(record) = store.load_session(id, now).await? else { return Ok(None) };
    let Ok(mut session) = serde_json::from_str::<Session>(&record.data) else { return Ok(None) };
    if now.millis_since(session.seen) > IDLE_MS + NOTED_MS {
        return Ok(None);
    }
    if now.millis_since(session.seen) >= NOTED_MS {
        session.seen = now;
        store.save_session(id, &session.record()?).await?;
    }
    Ok(Some(session.user))
}
