//! PostgreSQL: one pool, events partitioned by day.
//!
//! Many replicas may share a database: what must be in one order (positions of events, numbers of
//! log lines) is guarded by locks within the transaction that needs it.

#![expect(clippy::duplicate_mod, reason = "the SQL of both dialects is written once")]

mod event_write;
mod migrations;
mod partition;

// Written once, in `src/sql/`, and compiled for each dialect with its types below.
#[path = "sql/audit.rs"]
mod audit;
#[path = "sql/build.rs"]
mod build;
#[path = "sql/dead_letter.rs"]
mod dead_letter;
#[path = "sql/event.rs"]
mod event;
#[path = "sql/event_filter.rs"]
mod event_filter;
#[path = "sql/invocation.rs"]
mod invocation;
#[path = "sql/log.rs"]
mod log;
#[path = "sql/log_line.rs"]
mod log_line;
#[path = "sql/preference.rs"]
mod preference;
#[path = "sql/replay.rs"]
mod replay;
#[path = "sql/saved_test.rs"]
mod saved_test;
#[path = "sql/session.rs"]
mod session;

use std::{borrow::Cow, time::Duration};

use async_trait::async_trait;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{
    Error, Result, Store,
    text::{decode, encode, like, name},
};

type Backend = Postgres;
type Database = sqlx::Postgres;
type Connection = sqlx::PgConnection;

/// Finds a text anywhere, whatever the case of its letters.
const LIKE: &str = "ILIKE ";
/// Holds a row until the end of the transaction.
const FOR_UPDATE: &str = " FOR UPDATE";
/// Connections at most.
const CONNECTIONS: u32 = 16;
/// How long a call waits for a connection: while the database restarts, too.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long [`Store::ping`] waits: who asks wants to know soon.
const ASKED: Duration = Duration::from_secs(2);
/// What the server ends by itself: statements and locks that take too long, and transactions that
/// a replica left open when it froze.
const TIMEOUTS: [(&str, &str); 3] =
    [("statement_timeout", "30s"), ("lock_timeout", "10s"), ("idle_in_transaction_session_timeout", "60s")];

/// A text as it may be stored: without NUL, which PostgreSQL does not take.
fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Rows in PostgreSQL.
#[derive(Debug)]
pub(crate) struct Postgres {
    write: PgPool,
    /// The same pool: readers and writers do not wait for each other.
    read: PgPool,
    days: partition::Days,
}

impl Postgres {
    /// Connects and brings the schema up to date.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let options: PgConnectOptions = url
            .parse()
            .map_err(|error: sqlx::Error| Error::Unsupported(format!("KL_DATABASE_URL: {error}")))?;
        let options = options.application_name("knative-lambda");
        migrations::run(&options).await?;
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .min_connections(1)
            .acquire_timeout(PATIENCE)
            .idle_timeout(Duration::from_mins(5))
            .connect_with(options.options(TIMEOUTS))
            .await?;
        Ok(Self { write: pool.clone(), read: pool, days: partition::Days::default() })
    }

    /// Reads of the same moment.
    async fn snapshot(&self) -> Result<sqlx::Transaction<'static, Database>> {
        Ok(self.read.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
    }
}

#[async_trait]
impl Store for Postgres {
    async fn close(&self) {
        self.read.close().await;
    }

    async fn ping(&self) -> Result<()> {
        let asked = sqlx::query("SELECT 1").execute(&self.read);
        match tokio::time::timeout(ASKED, asked).await {
            Ok(answer) => Ok(answer.map(drop)?),
            Err(_) => Err(sqlx::Error::PoolTimedOut.into()),
        }
    }
}
