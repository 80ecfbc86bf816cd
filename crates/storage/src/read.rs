//! Reading and listing.

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{ObjectStore, ObjectStoreExt};

use crate::{Error, Result, Storage, key};

/// An object that is being read.
pub struct Object {
    /// Bytes.
    pub size: u64,
    /// The bytes, in pieces.
    pub stream: BoxStream<'static, Result<Bytes>>,
}

/// An object in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// When it was written, in milliseconds since 1970.
    pub modified_ms: i64,
}

impl Storage {
    /// The object under `key`, if there is one.
    pub async fn get(&self, key: &str) -> Result<Option<Object>> {
        match self.store.get(&key::parse(key)?).await {
            Ok(found) => {
                let size = found.meta.size;
                Ok(Some(Object { size, stream: found.into_stream().map_err(Error::from).boxed() }))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes under `key`, if there are any; an error when they are more than `max`.
    pub async fn get_bytes(&self, key: &str, max: u64) -> Result<Option<Bytes>> {
        let Some(mut object) = self.get(key).await? else { return Ok(None) };
        let mut bytes = BytesMut::new();
        while let Some(chunk) = object.stream.try_next().await? {
            if (bytes.len() + chunk.len()) as u64 > max {
                return Err(Error::TooLarge { max });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Some(bytes.freeze()))
    }

    /// Everything whose key begins with the folder `prefix`, in no order.
    pub fn list(&self, prefix: &str) -> BoxStream<'static, Result<Entry>> {
        let prefix = match key::parse(prefix) {
            Ok(prefix) => prefix,
            Err(error) => return futures::stream::iter([Err(error)]).boxed(),
        };
        let found = self.store.list(Some(&prefix)).map_err(Error::from);
        found
            .map_ok(|meta| Entry {
                key: meta.location.to_string(),
                size: meta.size,
                modified_ms: meta.last_modified.timestamp_millis(),
            })
            .boxed()
    }

    /// Whether bytes can be written and read back just now; the error says why not.
    pub async fn health(&self) -> Result<()> {
        let key = format!("health/{}", uuid::Uuid::new_v4());
        self.put_bytes(&key, "ok").await?;
        let read = self.get_bytes(&key, 16).await;
        self.delete(&key).await?;
        match read?.as_deref() {
            Some(b"ok") => Ok(()),
            _ => Err(Error::CutOff("what was written could not be read back".to_owned())),
        }
    }
}
