//! Writing: streamed, counted and hashed on the way.

use std::fmt::Display;

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt, pin_mut};
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use sha2::{Digest, Sha256};

use crate::{Error, Result, Storage, key};

/// Parts of a large object: what S3 takes at least.
const PART_BYTES: usize = 5 * 1024 * 1024;

/// What was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Bytes.
    pub size: u64,
    /// Hex digest of the bytes.
    pub sha256: String,
}

impl Storage {
    /// Stores a stream under `key`, replacing what was there. With more than `max` bytes, or an
    /// error in the stream, nothing is stored; nor is anything when this future is dropped.
    pub async fn put_stream<E: Display>(
        &self,
        key: &str,
        stream: impl Stream<Item = Result<Bytes, E>>,
        max: u64,
    ) -> Result<Stored> {
        let path = key::parse(key)?;
        pin_mut!(stream);
        let (mut hasher, mut size) = (Sha256::new(), 0u64);
        let mut part = BytesMut::new();
        let mut upload: Option<Box<dyn MultipartUpload>> = None;
        let result = loop {
            match stream.next().await {
                Some(Ok(chunk)) => {
                    size += chunk.len() as u64;
                    if size > max {
                        break Err(Error::TooLarge { max });
                    }
                    hasher.update(&chunk);
                    part.extend_from_slice(&chunk);
                    if part.len() >= PART_BYTES {
                        let upload = match &mut upload {
                            Some(upload) => upload,
                            none => none.insert(self.store.put_multipart(&path).await?),
                        };
                        if let Err(error) = upload.put_part(part.split().freeze().into()).await {
                            break Err(error.into());
                        }
                    }
                }
                Some(Err(error)) => break Err(Error::CutOff(error.to_string())),
                None => break Ok(()),
            }
        };
        match (result, upload) {
            (Ok(()), None) => drop(self.store.put(&path, PutPayload::from(part.freeze())).await?),
            (Ok(()), Some(mut upload)) => finish(upload.as_mut(), part.freeze()).await?,
            (Err(error), upload) => {
                if let Some(mut upload) = upload {
                    upload.abort().await?;
                }
                return Err(error);
            }
        }
        Ok(Stored { size, sha256: hex::encode(hasher.finalize()) })
    }

    /// Stores these bytes under `key`, replacing what was there.
    pub async fn put_bytes(&self, key: &str, bytes: impl Into<Bytes>) -> Result<Stored> {
        let bytes: Bytes = bytes.into();
        let max = bytes.len() as u64;
        let chunk = futures::stream::iter([Ok::<_, std::convert::Infallible>(bytes)]);
        self.put_stream(key, chunk, max).await
    }

    /// Deletes the object; that there is none is no error.
    pub async fn delete(&self, key: &str) -> Result<()> {
        match self.store.delete(&key::parse(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

async fn finish(upload: &mut dyn MultipartUpload, last: Bytes) -> Result<()> {
    let mut written = Ok(());
    if !last.is_empty() {
        written = upload.put_part(last.into()).await;
    }
    match written {
        Ok(()) => drop(upload.complete().await?),
        Err(error) => {
            upload.abort().await?;
            return Err(error.into());
        }
    }
    Ok(())
}
