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
/// Scope and event identity → when it was published.
pub(super) const SEEN: TableDefinition<(u32, u128), i64> = TableDefinition::new("seen");
/// When, and a running number → entry of [`SEEN`]: the order in which entries grow old.
pub(super) const SEEN_ORDER: TableDefinition<(i64, u64), (u32, u128)> = TableDefinition::new("seen_order");
/// Counters by name.
pub(super) const META: TableDefinition<&str, u64> = TableDefinition::new("meta");

/// The next sequence number.
pub(super) const NEXT_SEQ: &str = "next_seq";
/// The next queue id.
pub(super) const NEXT_QUEUE: &str = "next_queue";
/// 1 when the file was closed with nothing on its way to a consumer.
pub(super) const CLEAN: &str = "clean";
