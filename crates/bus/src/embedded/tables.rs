//! The tables of the file.

use redb::TableDefinition;

/// Queue id and sequence number: the order of arrival within the queue.
pub(super) type Place = (u32, u64);

/// Queue name → [`super::record::QueueRow`] as JSON.
pub(super) const QUEUES: TableDefinition<&str, &[u8]> = TableDefinition::new("queues");
/// Place → [`super::record::Message`].
pub(super) const MESSAGES: TableDefinition<Place, &[u8]> = TableDefinition::new("messages");
/// Queue id → messages in it, so that opening needs no scan.
pub(super) const LENGTHS: TableDefinition<u32, u64> = TableDefinition::new("lengths");
/// When, and a rising number → mark of an event, and whether it was published or may be again.
pub(super) const SEEN: TableDefinition<(i64, u64), (u64, bool)> = TableDefinition::new("seen");
/// Counters by name.
pub(super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// The next sequence number.
pub(super) const NEXT_SEQ: &str = "next_seq";
/// The next queue id.
pub(super) const NEXT_QUEUE: &str = "next_queue";
/// 1 when the file was closed with nothing on its way to a consumer.
pub(super) const CLEAN: &str = "clean";
