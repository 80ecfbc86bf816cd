//! Sessions, links and tokens.

use async_trait::async_trait;
use domain::{TenantName, Timestamp, identity::User};

use super::{Backend, decode, encode, text};
use crate::{ApiToken, NewApiToken, Result, SessionRecord, SessionStore, session::hash};

/// Milliseconds between two notes of a token's use.
const USE_NOTED_MS: i64 = 60_000;

#[derive(sqlx::FromRow)]
struct TokenRow {
    id: String,
    token: String,
    name: String,
    created_at: i64,
    expires_at: Option<i64>,
    used_at: Option<i64>,
}

impl TokenRow {
    fn token(self) -> Result<ApiToken> {
        Ok(ApiToken {
            used_at: self.used_at.map(Timestamp::from_millis),
            token: NewApiToken {
                id: self.id,
                name: self.name,
                user: decode("API token", &self.token)?,
                created_at: Timestamp::from_millis(self.created_at),
                expires_at: self.expires_at.map(Timestamp::from_millis),
            },
        })
    }
}

#[async_trait]
impl SessionStore for Backend {
    async fn create_session(&self, id: &str, session: &SessionRecord) -> Result<bool> {
        let done = sqlx::query(
            "INSERT INTO sessions (id, owner, data, expires_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO NOTHING",
        )
        .bind(hash(id))
        .bind(session.user.as_deref().map(text))
        .bind(text(&session.data))
        .bind(session.expires_at.as_millis())
        .execute(&self.write)
        .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn save_session(&self, id: &str, session: &SessionRecord) -> Result<()> {
        sqlx::query(
            "INSERT INTO sessions (id, owner, data, expires_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (id) DO UPDATE
               SET owner = excluded.owner, data = excluded.data, expires_at = excluded.expires_at",
        )
        .bind(hash(id))
        .bind(session.user.as_deref().map(text))
        .bind(text(&session.data))
        .bind(session.expires_at.as_millis())
        .execute(&self.write)
        .await?;
        Ok(())
    }

    async fn load_session(&self, id: &str, now: Timestamp) -> Result<Option<SessionRecord>> {
        let row: Option<(Option<String>, String, i64)> =
            sqlx::query_as("SELECT owner, data, expires_at FROM sessions WHERE id = $1 AND expires_at > $2")
                .bind(hash(id))
                .bind(now.as_millis())
                .fetch_optional(&self.read)
                .await?;
        Ok(row.map(|(user, data, expires_at)| SessionRecord {
            user,
            data,
            expires_at: Timestamp::from_millis(expires_at),
        }))
    }

    async fn delete_session(&self, id: &str) -> Result<()> {
        sqlx::query("DELETE FROM sessions WHERE id = $1").bind(hash(id)).execute(&self.write).await?;
        Ok(())
    }

    async fn delete_sessions_of(&self, user: &str) -> Result<u64> {
        let done = sqlx::query("DELETE FROM sessions WHERE owner = $1")
            .bind(text(user))
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected())
    }

    async fn list_sessions_of(&self, user: &str, now: Timestamp) -> Result<Vec<(String, SessionRecord)>> {
        let rows: Vec<(String, Option<String>, String, i64)> = sqlx::query_as(
            "SELECT id, owner, data, expires_at FROM sessions WHERE owner = $1 AND expires_at > $2
             ORDER BY expires_at DESC, id LIMIT 100",
        )
        .bind(text(user))
        .bind(now.as_millis())
        .fetch_all(&self.read)
        .await?;
        let record = |(key, user, data, expires_at)| {
            (key, SessionRecord { user, data, expires_at: Timestamp::from_millis(expires_at) })
        };
        Ok(rows.into_iter().map(record).collect())
    }

    async fn revoke_session(&self, user: &str, key: &str) -> Result<bool> {
        let done = sqlx::query("DELETE FROM sessions WHERE owner = $1 AND id = $2")
            .bind(text(user))
            .bind(text(key))
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn create_sign_in_link(&self, secret: &str, user: &User, expires_at: Timestamp) -> Result<()> {
        sqlx::query("INSERT INTO sign_in_links (id, owner, expires_at) VALUES ($1, $2, $3)")
            .bind(hash(secret))
            .bind(encode("sign-in link", user)?)
            .bind(expires_at.as_millis())
            .execute(&self.write)
            .await?;
        Ok(())
    }

    async fn take_sign_in_link(&self, secret: &str, now: Timestamp) -> Result<Option<User>> {
        // A wrong link costs a look, not a place among the writers.
        let known: Option<i64> = sqlx::query_scalar("SELECT expires_at FROM sign_in_links WHERE id = $1")
            .bind(hash(secret))
            .fetch_optional(&self.read)
            .await?;
        if known.is_none() {
            return Ok(None);
        }
        // Deleting is what uses it up: of two who try at once, one deletes it.
        let row: Option<(String, i64)> =
            sqlx::query_as("DELETE FROM sign_in_links WHERE id = $1 RETURNING owner, expires_at")
                .bind(hash(secret))
                .fetch_optional(&self.write)
                .await?;
        match row {
            Some((user, expires_at)) if expires_at > now.as_millis() => {
                Ok(Some(decode("sign-in link", &user)?))
            }
            _ => Ok(None),
        }
    }

    async fn save_api_token(&self, secret: &str, token: &NewApiToken) -> Result<()> {
        sqlx::query(
            "INSERT INTO api_tokens (id, hash, token, name, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (id) DO UPDATE SET hash = excluded.hash, token = excluded.token,
               name = excluded.name, created_at = excluded.created_at, expires_at = excluded.expires_at",
        )
        .bind(text(&token.id))
        .bind(hash(secret))
        .bind(encode("API token", &token.user)?)
        .bind(text(&token.name))
        .bind(token.created_at.as_millis())
        .bind(token.expires_at.map(Timestamp::as_millis))
        .execute(&self.write)
        .await?;
        Ok(())
    }

    async fn find_api_token(&self, secret: &str, now: Timestamp) -> Result<Option<ApiToken>> {
        let row: Option<TokenRow> = sqlx::query_as(
            "SELECT id, token, name, created_at, expires_at, used_at FROM api_tokens
             WHERE hash = $1 AND (expires_at IS NULL OR expires_at > $2)",
        )
        .bind(hash(secret))
        .bind(now.as_millis())
        .fetch_optional(&self.read)
        .await?;
        let Some(row) = row else { return Ok(None) };
        if row.used_at.is_none_or(|used| now.as_millis() - used >= USE_NOTED_MS) {
            let noted = sqlx::query("UPDATE api_tokens SET used_at = $2 WHERE id = $1")
                .bind(&row.id)
                .bind(now.as_millis())
                .execute(&self.write)
                .await;
            // A full disk must not keep out who may come in.
            if let Err(error) = noted {
                tracing::warn!(%error, token.id = row.id, "the use of a token could not be noted");
            }
        }
        row.token().map(Some)
    }

    async fn delete_api_token(&self, id: &str) -> Result<bool> {
        let done =
            sqlx::query("DELETE FROM api_tokens WHERE id = $1").bind(text(id)).execute(&self.write).await?;
        Ok(done.rows_affected() > 0)
    }

    async fn delete_api_tokens_of(&self, tenant: &TenantName) -> Result<u64> {
        let (mut gone, mut from) = (0, String::new());
        loop {
            let rows: Vec<(String, String)> =
                sqlx::query_as("SELECT id, token FROM api_tokens WHERE id > $1 ORDER BY id LIMIT 1000")
                    .bind(&from)
                    .fetch_all(&self.read)
                    .await?;
            let Some((last, _)) = rows.last() else { return Ok(gone) };
            from.clone_from(last);
            for (id, user) in &rows {
                let user: User = decode("API token", user)?;
                if user.roles.iter().any(|(in_tenant, _)| in_tenant == tenant) {
                    gone += u64::from(self.delete_api_token(id).await?);
                }
            }
        }
    }

    async fn prune_sessions(&self, now: Timestamp) -> Result<u64> {
        let mut gone = 0;
        for table in [
            "DELETE FROM sessions WHERE expires_at <= $1",
            "DELETE FROM sign_in_links WHERE expires_at <= $1",
            "DELETE FROM api_tokens WHERE expires_at <= $1",
        ] {
            gone += sqlx::query(table).bind(now.as_millis()).execute(&self.write).await?.rows_affected();
        }
        Ok(gone)
    }
}
