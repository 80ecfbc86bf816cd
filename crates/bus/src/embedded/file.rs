//! The file: opening with plain words for what can go wrong, and closing.

use std::{fs::OpenOptions, io::ErrorKind, path::Path};

use redb::{Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, backends::FileBackend};

use super::{
    directory::Directory,
    tables::{CLEAN, LENGTHS, MESSAGES, META, QUEUES, SEEN},
};
use crate::{Error, Result};

/// Bytes of the file that are kept in memory at most.
const CACHE: usize = 16 * 1024 * 1024;

/// The file, what is in it, and whether it was closed with nothing on its way to a consumer.
pub(super) fn open(path: &Path) -> Result<(Database, Directory, bool)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| {
        let why = match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "may not be written".to_owned(),
            ErrorKind::NotFound => "is in a folder that does not exist".to_owned(),
            _ => error.to_string(),
        };
        Error::Storage(format!("{} {why}", path.display()))
    })?;
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    let database =
        FileBackend::new(file).and_then(|backend| builder.create_with_backend(backend)).map_err(|error| {
            match error {
                DatabaseError::DatabaseAlreadyOpen => Error::InUse(path.to_owned()),
                other => Error::Storage(format!("{}: {other}", path.display())),
            }
        })?;
    let (directory, clean) =
        prepare(&database).map_err(|error| Error::Storage(format!("{}: {error}", path.display())))?;
    Ok((database, directory, clean))
}

/// Makes the tables, and marks the file as open.
fn prepare(database: &Database) -> Result<(Directory, bool), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(QUEUES)?;
    transaction.open_table(MESSAGES)?;
    transaction.open_table(LENGTHS)?;
    transaction.open_table(SEEN)?;
    let clean = {
        let mut meta = transaction.open_table(META)?;
        let clean = meta.get(CLEAN)?.is_none_or(|mark| mark.value() == 1);
        meta.insert(CLEAN, 0)?;
        clean
    };
    transaction.commit()?;
    Ok((Directory::load(&database.begin_read()?)?, clean))
}

/// Closes the file.
pub(super) fn close(database: Database, clean: bool) {
    let mark = || -> Result<(), redb::Error> {
        let transaction = database.begin_write()?;
        transaction.open_table(META)?.insert(CLEAN, u64::from(clean))?;
        transaction.commit()?;
        Ok(())
    };
    if let Err(error) = mark() {
        tracing::warn!(%error, "the event bus file was not closed cleanly");
    }
    drop(database);
}
