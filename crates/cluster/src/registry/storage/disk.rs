//! The file: one row per object, and the newest resource version.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};

use super::OpenError;
use super::index::Loaded;
use super::stored::{Key, Stored};
use crate::registry::object::Object;

/// (storage, namespace, name) to JSON.
const OBJECTS: TableDefinition<'_, (&str, &str, &str), &[u8]> = TableDefinition::new("objects");
const META: TableDefinition<'_, &str, u64> = TableDefinition::new("meta");
const VERSION: &str = "version";
const CACHE_BYTES: usize = 4 * 1024 * 1024;

pub(super) struct Disk {
    database: Database,
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
        let shown = path.display().to_string();
        let unusable = |cause: String| OpenError::Unusable { path: shown.clone(), cause };
        // Objects are read once, at the start; the default would keep them all a second time.
        let mut builder = Database::builder();
        builder.set_cache_size(CACHE_BYTES);
        // Secrets are in it.
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        let file = file.map_err(|error| unusable(error.to_string()))?;
        let database = redb::backends::FileBackend::new(file)
            .and_then(|backend| builder.create_with_backend(backend))
            .map_err(|error| match error {
                DatabaseError::DatabaseAlreadyOpen => OpenError::InUse(shown.clone()),
                other => unusable(other.to_string()),
            })?;
        let disk = Self { database };
        // The tables have to be there before the first read.
        disk.write(&[]).map_err(|error| unusable(error.to_string()))?;
        let loaded = disk.load().map_err(|error| unusable(error.to_string()))?;
        Ok((disk, loaded))
    }

    /// Writes all rows or none, and returns when they are on disk.
    pub(super) fn write(&self, rows: &[Row]) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
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
        let transaction = self.database.begin_read()?;
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
