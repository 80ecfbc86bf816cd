//! What can go wrong in a store.

use std::path::PathBuf;

use sqlx::postgres::PgDatabaseError;

/// A call's outcome.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the store failed; each `Display` is a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No space is left.
    #[error("The disk of the database is full.")]
    Full,
    /// The file or its folder may not be written.
    #[error(
        "The database {0} cannot be opened for writing: check that its folder exists and may be written."
    )]
    NotWritable(PathBuf),
    /// The file is something else, or damaged.
    #[error("The file {0} is not a database, or it is damaged.")]
    NotADatabase(PathBuf),
    /// A newer version of the program made the schema.
    #[error("The database has schema version {0}, which is newer than this program; use the newer program.")]
    NewerSchema(i64),
    /// The schema is not what this program made.
    #[error("The database schema cannot be brought up to date: {0}")]
    Schema(String),
    /// Another process works in the folder.
    #[error("The data folder {0} is in use by another knative-lambda process.")]
    InUse(PathBuf),
    /// The lock file of the data folder cannot be made or locked.
    #[error("The data folder cannot be locked: {0}")]
    Locking(#[source] std::io::Error),
    /// The cursor was not made by this list.
    #[error("The cursor is not valid; start again from the first page.")]
    Cursor,
    /// A row does not read back.
    #[error("A stored {what} cannot be read: {why}")]
    Row {
        /// Which noun.
        what: &'static str,
        /// The cause.
        why: String,
    },
    /// A URL that no backend serves.
    #[error("{0}")]
    Unsupported(String),
    /// The database server does not answer, or refuses the sign-in.
    #[error("The database server cannot be used: {0}")]
    Unreachable(#[source] sqlx::Error),
    /// The database does not take a value: it has a letter or a size that can not be stored. Trying again is of
    /// no use.
    #[error("The database does not take a value: {0}")]
    Refused(#[source] sqlx::Error),
    /// Anything else the database says: busy, closed, an I/O error.
    #[error("The database failed: {0}")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if let Some(postgres) =
            error.as_database_error().and_then(|inner| inner.try_downcast_ref::<PgDatabaseError>())
        {
            return match postgres.code() {
                "53100" => Self::Full,
                // Sign-in refused, no such database, starting or stopping.
                "28000" | "28P01" | "3D000" | "57P01" | "57P02" | "57P03" => Self::Unreachable(error),
                // A letter that it has not (22021, 22P05), and an entry that is too large for its index.
                code if code.starts_with("22") || code == "54000" => Self::Refused(error),
                _ => Self::Database(error),
            };
        }
        if matches!(error, sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut) {
            return Self::Unreachable(error);
        }
        let code = error.as_database_error().and_then(|inner| inner.code());
        // SQLite's primary result code is the low byte of the extended one.
        match code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
            Some(13) => Self::Full,
            Some(18) => Self::Refused(error),
            Some(8 | 14) => Self::NotWritable(PathBuf::new()),
            Some(11 | 26) => Self::NotADatabase(PathBuf::new()),
            _ => Self::Database(error),
        }
    }
}

impl Error {
    /// The same error with the file that it is about.
    pub(crate) fn of(self, path: &std::path::Path) -> Self {
        match self {
            Self::NotWritable(_) => Self::NotWritable(path.to_owned()),
            Self::NotADatabase(_) => Self::NotADatabase(path.to_owned()),
            other => other,
        }
    }

    pub(crate) fn row(what: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Row { what, why: why.to_string() }
    }
}
