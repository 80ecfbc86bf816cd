//! An event as the publisher's task prepares it, so that the thread only has to insert bytes.

use domain::event::{CloudEvent, MAX_DATA_BYTES, extension};
use sha2::{Digest, Sha256};

use crate::{Error, Ordering, Result};

/// Bytes that the attributes of an event may have together.
const MAX_ATTRIBUTE_BYTES: usize = 64 * 1024;

/// An event ready to be stored.
pub(super) struct Encoded {
    /// The routing key.
    pub kind: String,
    /// Of tenant, `source` and `id`.
    pub identity: u128,
    /// The event as JSON.
    pub body: Vec<u8>,
    per_function: Option<u64>,
    per_partition: Option<u64>,
}

impl Encoded {
    pub(super) fn new(event: &CloudEvent) -> Result<Self> {
        let json = |error: serde_json::Error| Error::Invalid(error.to_string());
        let body = serde_json::to_vec(event).map_err(json)?;
        // Nearly every event is small as a whole; only of the others the parts are measured.
        if body.len() > MAX_DATA_BYTES {
            let data = match (&event.data, &event.data_base64) {
                (Some(data), _) => serde_json::to_vec(data).map_err(json)?.len(),
                (None, Some(text)) => text.len() / 4 * 3,
                (None, None) => 0,
            };
            if data > MAX_DATA_BYTES {
                return Err(Error::TooLarge { bytes: data, limit: MAX_DATA_BYTES });
            }
        }
        let attributes = body.len().saturating_sub(MAX_DATA_BYTES);
        if attributes > MAX_ATTRIBUTE_BYTES && event.data_base64.is_none() {
            return Err(Error::TooLarge { bytes: attributes, limit: MAX_ATTRIBUTE_BYTES });
        }
        let key = |ordering: Ordering| ordering.key(event).map(|key| hash(&[key]) as u64);
        Ok(Self {
            kind: event.kind.clone(),
            identity: identity(event),
            per_function: key(Ordering::PerFunction),
            per_partition: key(Ordering::PerPartition),
            body,
        })
    }

    /// What it waits for in a queue of this ordering.
    pub(super) fn key(&self, ordering: Ordering) -> Option<u64> {
        match ordering {
            Ordering::PerFunction => self.per_function,
            Ordering::PerPartition => self.per_partition,
            Ordering::Parallel => None,
        }
    }
}

/// Hash of tenant, `source` and `id`. Cryptographic, because a collision would drop an event, and both
/// are chosen by whoever sends it; with the tenant that the door wrote on it, because one tenant's choice
/// must not drop another's event. The platform's own sources name the tenant themselves.
pub(super) fn identity(event: &CloudEvent) -> u128 {
    hash(&[event.extension(extension::TENANT).unwrap_or_default(), &event.source, &event.id])
}

fn hash(parts: &[&str]) -> u128 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let digest = hasher.finalize();
    digest.iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}
