//! SQLite: one writer connection, a few readers, write-ahead log.
//!
//! A commit goes to the write-ahead log without an fsync (`synchronous=NORMAL`): it survives
//! kill -9; a power cut may take back the last commits but never damages the file.

mod build;
mod dead_letter;
mod event;
mod event_filter;
mod invocation;
mod log;
mod log_line;
mod migrations;
mod preference;
mod saved_test;
mod session;

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{Error, Result, Store};

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

/// A stored JSON text as its type.
fn decode<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::row(what, error))
}

/// A value as the JSON text to be stored.
fn encode(what: &'static str, value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::row(what, error))
}

/// A stored name as its type.
fn name<T: std::str::FromStr<Err: std::fmt::Display>>(what: &'static str, text: &str) -> Result<T> {
    text.parse().map_err(|error| Error::row(what, error))
}

/// `LIKE` pattern of a text anywhere, to be used with `ESCAPE '\'`.
fn like(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
