//! The file: one row per object, and the newest resource version.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::index::Loaded;
use super::stored::{Key, Stored};
use super::{OpenError, StoreError};
use crate::registry::object::Object;

/// (storage, namespace, name) to JSON.
const OBJECTS: TableDefinition<'_, (&str, &str, &str), &[u8]> = TableDefinition::new("objects");
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const VERSION: &str = "version";
const CACHE_BYTES: usize = 4 * 1024 * 1024;

pub(super) struct Disk {
    path: PathBuf,
    /// None after a fault: redb refuses a file from then on, so it is opened again for the next write.
    database: Option<Database>,
}

/// A row to write; without JSON it is removed.
pub(super) struct Row {
    pub storage: Arc<str>,
    pub key: Key,
    pub version: u64,
    pub json: Option<Vec<u8>>,
}

impl Disk {
    pub(super) fn open(path: &Path) -> Result<(Self, Loaded), OpenError> {
        let unusable = |cause: redb::Error| {
            let path = path.display().to_string();
            match cause {
                redb::Error::DatabaseAlreadyOpen => OpenError::InUse(path),
                other => OpenError::Unusable { path, cause: other.to_string() },
            }
        };
        let disk = Self { path: path.to_owned(), database: Some(open(path).map_err(unusable)?) };
        // The tables have to be there before the first read.
        disk.try_write(&[]).map_err(unusable)?;
        let loaded = disk.load().map_err(unusable)?;
        Ok((disk, loaded))
    }

    /// Writes all rows or none, and returns when they are on disk.
    pub(super) fn write(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        let written = match &self.database {
            Some(_) => Ok(()),
            None => open(&self.path).map(|database| self.database = Some(database)),
        };
        written.and_then(|()| self.try_write(rows)).map_err(|error| {
            self.database = None;
            match &error {
                redb::Error::Io(cause) if is_full(cause) => StoreError::Full,
                _ => StoreError::Disk(error.to_string()),
            }
        })
    }

    fn try_write(&self, rows: &[Row]) -> Result<(), redb::Error> {
        let database = self.database.as_ref().ok_or(redb::Error::DatabaseAlreadyOpen)?;
        let transaction = database.begin_write()?;
        {
            let mut objects = transaction.open_table(OBJECTS)?;
            let mut meta = transaction.open_table(META)?;
            for row in rows {
                let key = (&*row.storage, row.key.namespace.as_str(), row.key.name.as_str());
                match &row.json {
                    Some(json) => objects.insert(key, json.as_slice())?,
                    None => objects.remove(key)?,
                };
            }
            if let Some(last) = rows.last() {
                meta.insert(VERSION, last.version)?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    fn load(&self) -> Result<Loaded, redb::Error> {
        let database = self.database.as_ref().ok_or(redb::Error::DatabaseAlreadyOpen)?;
        let transaction = database.begin_read()?;
        let version = transaction.open_table(META)?.get(VERSION)?.map_or(1, |version| version.value());
        let mut objects = Vec::new();
        for row in transaction.open_table(OBJECTS)?.iter()? {
            let (key, json) = row?;
            let (storage, namespace, name) = key.value();
            let object: Object = match serde_json::from_slice(json.value()) {
                Ok(object) => object,
                Err(error) => {
                    tracing::error!(storage, namespace, name, %error, "object in the registry cannot be read");
                    continue;
                }
            };
            let version = object.resource_version().parse().unwrap_or(version);
            objects.push((storage.into(), Key::new(namespace, name), Stored::new(object, version)));
        }
        Ok(Loaded { version, objects })
    }
}

fn open(path: &Path) -> Result<Database, redb::Error> {
    // Objects are read once, at the start; the default would keep them all a second time.
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    // Secrets are in it.
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    let backend = redb::backends::FileBackend::new(file.map_err(redb::Error::Io)?)?;
    Ok(builder.create_with_backend(backend)?)
}

fn is_full(cause: &std::io::Error) -> bool {
    matches!(cause.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}
