//! What a user chose: theme, line wrap, shortcuts.

use domain::identity::Caller;

use crate::{Error, Platform, Result};

/// Longest key and value.
const MOST: (usize, usize) = (64, 4096);

impl Platform {
    /// All of the caller's choices, by key.
    pub async fn preferences(&self, caller: &Caller) -> Result<Vec<(String, String)>> {
        Ok(self.store().preferences(&caller.user.id).await?)
    }

    /// One of the caller's choices.
    pub async fn preference(&self, caller: &Caller, key: &str) -> Result<Option<String>> {
        Ok(self.store().preference(&caller.user.id, key).await?)
    }

    /// Sets a choice; none takes it back.
    pub async fn set_preference(&self, caller: &Caller, key: &str, value: Option<&str>) -> Result<()> {
        if key.is_empty() || key.len() > MOST.0 || value.is_some_and(|value| value.len() > MOST.1) {
            return Err(Error::field("key", "A key has at most 64 letters, a value at most 4,096."));
        }
        Ok(self.store().set_preference(&caller.user.id, key, value).await?)
    }
}
