//! The port.

use async_trait::async_trait;
use domain::event::CloudEvent;

use crate::{Consumer, Exchange, QueueSpec, QueueStats, Result};

/// Exchanges and queues of events; `Arc<dyn Bus>` everywhere.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Hands `event` to every queue whose binding matches its type, and returns when that is
    /// durable. The same `(source, id)` of the same tenant again within 24 h changes nothing and is no
    /// error.
    /// An event that no queue is bound for is accepted and forgotten, as a topic exchange does.
    async fn publish(&self, exchange: Exchange, event: &CloudEvent) -> Result<()>;

    /// Publishes events in their order, which may cost about as much as one: all that wait share a commit.
    /// When it fails, any number of the first events have been accepted.
    async fn publish_all(&self, exchange: Exchange, events: &[CloudEvent]) -> Result<()> {
        for event in events {
            self.publish(exchange, event).await?;
        }
        Ok(())
    }

    /// Hands `event` to one queue, past the exchanges; duplicates are looked for within that queue.
    /// [`crate::Error::NoSuchQueue`] when it was never declared.
    async fn publish_to(&self, queue: &str, event: &CloudEvent) -> Result<()>;

    /// Makes the queue, or gives an existing one these settings and bindings; its messages stay.
    async fn declare(&self, queue: QueueSpec) -> Result<()>;

    /// Deletes the queue with its messages; its consumers end. Absent: no error.
    async fn delete_queue(&self, name: &str) -> Result<()>;

    /// Takes deliveries of a queue, at most `prefetch` unacknowledged ones at a time.
    async fn consume(&self, queue: &str, prefetch: u16) -> Result<Consumer>;

    /// All queues, by name.
    async fn queues(&self) -> Result<Vec<QueueStats>>;

    /// Writes what is on its way, ends the consumers and releases the file or connection.
    /// Every later call gives [`crate::Error::Closed`].
    async fn close(&self);
}
