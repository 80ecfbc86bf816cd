//! An event as the publisher's task prepares it, so that the thread only has to insert bytes.

use domain::event::CloudEvent;

use crate::{Error, Ordering, Result, identity};

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
        event.check_size()?;
        let body = serde_json::to_vec(event).map_err(|error| Error::Invalid(error.to_string()))?;
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
