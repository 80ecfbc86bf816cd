//! SQLite: one writer connection, a few readers, write-ahead log.
//!
//! A commit goes to the write-ahead log without an fsync (`synchronous=NORMAL`): it survives
//! kill -9; a power cut may take back the last commits but never damages the file.

#![expect(clippy::duplicate_mod, reason = "the SQL of both dialects is written once")]

mod event_write;
mod migrations;

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

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    Error, Result, Store,
    text::{decode, encode, like, name},
};

type Backend = Sqlite;
type Database = sqlx::Sqlite;
type Connection = sqlx::SqliteConnection;

/// Finds a text anywhere, whatever the case of its letters.
const LIKE: &str = "LIKE ";
/// There is one writer only.
const FOR_UPDATE: &str = "";

/// A text as it may be stored: every one may.
const fn text(text: &str) -> &str {
    text
}

/// Connections that read at the same time.
const READERS: u32 = 4;

/// Rows in a SQLite file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    write: SqlitePool,
    read: SqlitePool,
}

impl Sqlite {
    /// Opens or makes the file and brings its schema up to date.
    pub(crate) async fn open(path: &Path) -> Result<Self> {
        private_file(path)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(Duration::from_secs(10))
            .pragma("temp_store", "memory")
            .pragma("cache_size", "-4096");
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(|error| Error::from(error).of(path))?;
        migrations::run(&write).await.map_err(|error| error.of(path))?;
        let read = SqlitePoolOptions::new()
            .max_connections(READERS)
            .min_connections(1)
            .idle_timeout(Duration::from_mins(1))
            .connect_with(options.pragma("query_only", "on"))
            .await
            .map_err(|error| Error::from(error).of(path))?;
        Ok(Self { write, read })
    }

    /// Reads of the same moment.
    async fn snapshot(&self) -> Result<sqlx::Transaction<'static, Database>> {
        Ok(self.read.begin().await?)
    }
}

/// Makes the file readable for its owner only; SQLite gives its side files the same mode.
fn private_file(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(|error| match error.kind() {
        std::io::ErrorKind::StorageFull => Error::Full,
        _ => Error::NotWritable(path.to_owned()),
    })
}

#[async_trait]
impl Store for Sqlite {
    async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }

    async fn ping(&self) -> Result<()> {
        sqlx::query("SELECT 1").execute(&self.read).await?;
        Ok(())
    }
}
