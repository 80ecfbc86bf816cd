//! The caller's own sessions: seen and ended.

use domain::{
    audit::action,
    identity::Caller,
    session::{OpenSession, SessionFacts},
};

use crate::{Error, Platform, Result};

impl Platform {
    /// Sessions of the caller that go on, the one used last first.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<OpenSession>> {
        let found = self.store().list_sessions_of(&caller.user.id, self.now()).await?;
        // What is not a session of this version tells nothing, and ends by itself.
        let facts = |data: &str| serde_json::from_str::<SessionFacts>(data).ok();
        let mut open: Vec<_> = found
            .into_iter()
            .filter_map(|(key, record)| Some(OpenSession { key, facts: facts(&record.data)? }))
            .collect();
        open.sort_by_key(|session| std::cmp::Reverse(session.facts.seen));
        Ok(open)
    }

    /// Ends one of the caller's sessions, wherever it is.
    pub async fn end_session(&self, caller: &Caller, key: &str) -> Result<()> {
        if !self.store().revoke_session(&caller.user.id, key).await? {
            return Err(Error::NotFound("session"));
        }
        self.note_sign_in(caller, action::SESSION_END, "revoked", None).await;
        Ok(())
    }

    /// Ends all of the caller's sessions but the one with this key.
    pub async fn end_other_sessions(&self, caller: &Caller, keep: &str) -> Result<()> {
        for session in self.sessions(caller).await? {
            if session.key != keep && self.store().revoke_session(&caller.user.id, &session.key).await? {
                self.note_sign_in(caller, action::SESSION_END, "revoked", None).await;
            }
        }
        Ok(())
    }
}
