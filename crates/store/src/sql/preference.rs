//! Preferences.

use async_trait::async_trait;

use super::{Backend, text};
use crate::{PreferenceStore, Result};

#[async_trait]
impl PreferenceStore for Backend {
    async fn preferences(&self, user: &str) -> Result<Vec<(String, String)>> {
        Ok(sqlx::query_as("SELECT name, value FROM preferences WHERE owner = $1 ORDER BY name LIMIT 1000")
            .bind(text(user))
            .fetch_all(&self.read)
            .await?)
    }

    async fn preference(&self, user: &str, key: &str) -> Result<Option<String>> {
        Ok(sqlx::query_scalar("SELECT value FROM preferences WHERE owner = $1 AND name = $2")
            .bind(text(user))
            .bind(text(key))
            .fetch_optional(&self.read)
            .await?)
    }

    async fn set_preference(&self, user: &str, key: &str, value: Option<&str>) -> Result<()> {
        let query = match value {
            Some(value) => sqlx::query(
                "INSERT INTO preferences (owner, name, value) VALUES ($1, $2, $3)
                 ON CONFLICT (owner, name) DO UPDATE SET value = excluded.value",
            )
            .bind(text(user))
            .bind(text(key))
            .bind(text(value)),
            None => sqlx::query("DELETE FROM preferences WHERE owner = $1 AND name = $2")
                .bind(text(user))
                .bind(text(key)),
        };
        query.execute(&self.write).await?;
        Ok(())
    }
}
