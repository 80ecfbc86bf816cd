//! The queues that exist, in memory: settings, lengths, bindings.

use std::collections::HashMap;

use redb::{ReadTransaction, ReadableTable};

use super::{
    duplicates::{FIRST_QUEUE, Seen},
    record::QueueRow,
    router::Router,
    tables::{LENGTHS, META, NEXT_QUEUE, NEXT_SEQ, QUEUES},
};
use crate::QueueSpec;

/// What every write needs to know, changed only after a commit.
#[derive(Default)]
pub(super) struct Directory {
    pub names: HashMap<String, u32>,
    pub specs: HashMap<u32, QueueSpec>,
    pub lengths: HashMap<u32, u64>,
    pub router: Router,
    pub seen: Seen,
    pub next_seq: u64,
    pub next_queue: u32,
}

impl Directory {
    /// Reads it from the file.
    pub(super) fn load(read: &ReadTransaction) -> Result<Self, redb::Error> {
        let mut directory = Self { seen: Seen::load(read)?, ..Self::default() };
        let meta = read.open_table(META)?;
        directory.next_seq = meta.get(NEXT_SEQ)?.map_or(1, |value| value.value());
        directory.next_queue =
            meta.get(NEXT_QUEUE)?.map_or(FIRST_QUEUE, |value| value.value() as u32).max(FIRST_QUEUE);
        for row in read.open_table(QUEUES)?.iter()? {
            match serde_json::from_slice::<QueueRow>(row?.1.value()) {
                Ok(row) => directory.add(row),
                Err(error) => tracing::error!(%error, "a stored queue cannot be read and is left alone"),
            }
        }
        for row in read.open_table(LENGTHS)?.iter()? {
            let (queue, length) = row?;
            directory.lengths.insert(queue.value(), length.value());
        }
        Ok(directory)
    }

    /// Adds a queue, or replaces its settings.
    pub(super) fn add(&mut self, row: QueueRow) {
        self.router.bind(row.id, &row.spec);
        self.names.insert(row.spec.name.clone(), row.id);
        self.specs.insert(row.id, row.spec);
    }

    /// Forgets a queue.
    pub(super) fn remove(&mut self, queue: u32) {
        if let Some(spec) = self.specs.remove(&queue) {
            self.names.remove(&spec.name);
        }
        self.router.unbind(queue);
        self.lengths.remove(&queue);
    }
}
