//! An event as the publisher's task prepares it, so that the thread only has to insert bytes.

use domain::event::{CloudEvent, MAX_DATA_BYTES};

use crate::{Error, MAX_ATTRIBUTE_BYTES, Ordering, Result, identity};

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
        let key = |ordering: Ordering| ordering.key(event).map(|key| identity::hash(&[key]) as u64);
        Ok(Self {
            kind: event.kind.clone(),
            identity: identity::of(event),
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
