//! What a user chose: theme, line wrap, shortcuts.

use async_trait::async_trait;

use crate::Result;

/// Preferences by user and key.
#[async_trait]
pub trait PreferenceStore {
    /// All of a user, by key.
    async fn preferences(&self, user: &str) -> Result<Vec<(String, String)>>;

    /// One.
    async fn preference(&self, user: &str, key: &str) -> Result<Option<String>>;

    /// Sets one; none deletes it.
    async fn set_preference(&self, user: &str, key: &str, value: Option<&str>) -> Result<()>;
}
