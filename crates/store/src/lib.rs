//! Rows: the audit trail, events, builds, logs, invocations, dead letters, sign-in, saved tests, preferences.
//!
//! One small trait per noun, one object-safe [`Store`] over them, one folder per database. Time
//! comes in as parameters. A look-up of what is not there gives `None` or an empty page.
//!
//! # How to add a table
//! The same-named migration in `migrations/<dialect>/` and in `src/<dialect>/migrations.rs`; the
//! trait file `src/<noun>.rs`; `src/sql/<noun>.rs` (written once; what differs between the dialects
//! stands in `src/<dialect>.rs`); a case in `tests/contract/`.

mod audit;
mod build;
mod cursor;
mod dead_letter;
mod error;
mod event;
mod invocation;
mod lock;
mod log;
mod postgres;
mod preference;
mod replay;
mod saved_test;
mod session;
mod sqlite;
mod text;

pub use audit::AuditStore;
pub use build::BuildStore;
pub use dead_letter::{DeadLetterCount, DeadLetterFilter, DeadLetterStore, NewDeadLetter};
pub use error::{Error, Result};
pub use event::{Appended, EventStore, NewEvent};
pub use invocation::{InvocationStats, InvocationStore};
pub use lock::DataDirLock;
pub use log::{Checkpoint, LogLimits, LogStore, NewLine};
pub use preference::PreferenceStore;
pub use replay::ReplayStore;
pub use saved_test::SavedTestStore;
pub use session::{ApiToken, NewApiToken, SessionRecord, SessionStore, session_key};

use std::sync::Arc;

use async_trait::async_trait;

/// Everything that is stored in rows; `Arc<dyn Store>` everywhere.
#[async_trait]
pub trait Store:
    EventStore
    + AuditStore
    + BuildStore
    + LogStore
    + InvocationStore
    + DeadLetterStore
    + ReplayStore
    + SessionStore
    + SavedTestStore
    + PreferenceStore
    + Send
    + Sync
    + 'static
{
    /// Writes what is on its way and closes the connections.
    async fn close(&self);

    /// Whether a query is answered; for `/readyz`.
    async fn ping(&self) -> Result<()>;
}

/// The store of `KL_DATABASE_URL`: `sqlite:<path>` (the file is made when its folder exists) or
/// `postgres://user@host/database`. Brings an older schema up to date.
pub async fn open(url: &str) -> Result<Arc<dyn Store>> {
    match url.split_once(':') {
        Some(("sqlite", path)) => {
            let path = path.strip_prefix("//").unwrap_or(path);
            Ok(Arc::new(sqlite::Sqlite::open(path.as_ref()).await?))
        }
        Some(("postgres" | "postgresql", _)) => Ok(Arc::new(postgres::Postgres::open(url).await?)),
        _ => Err(Error::Unsupported(
            "KL_DATABASE_URL must begin with \"sqlite:\" or \"postgres:\".".to_owned(),
        )),
    }
}
