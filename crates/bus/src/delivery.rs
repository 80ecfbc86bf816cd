//! What a consumer gets, and how it answers.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use async_trait::async_trait;
use domain::{
    Timestamp,
    deadletter::{Attempt, FailureKind},
    event::CloudEvent,
};
use futures::{Stream, stream::BoxStream};
use serde::{Deserialize, Serialize};

use crate::Result;

/// Deliveries of one queue, until the queue is deleted or the bus is closed. Dropping it gives back
/// what was not handed out.
pub struct Consumer(BoxStream<'static, Delivery>);

impl Consumer {
    pub(crate) fn new(stream: impl Stream<Item = Delivery> + Send + 'static) -> Self {
        Self(Box::pin(stream))
    }
}

impl Stream for Consumer {
    type Item = Delivery;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        self.0.as_mut().poll_next(cx)
    }
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Consumer")
    }
}

/// One event for one consumer. Answer with [`Self::ack`], [`Self::retry`] or [`Self::reject`];
/// dropped without an answer it is delivered again.
#[derive(Debug)]
pub struct Delivery {
    /// The event.
    pub event: CloudEvent,
    /// Number of this try, from 1.
    pub attempt: u32,
    /// When this try fails the event is dead.
    pub last: bool,
    /// It may have been delivered before: a consumer went away with it, or the platform crashed.
    pub redelivered: bool,
    /// The failed tries before this one.
    pub history: Vec<Attempt>,
    /// When it came into this queue.
    pub enqueued_at: Timestamp,
    /// How it died, in a dead-letter queue.
    pub death: Option<Death>,
    pub(crate) answer: Box<dyn Answer>,
}

/// How an event came into a dead-letter queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Death {
    /// The queue that it came from.
    pub queue: String,
    /// Whether trying again can help.
    pub kind: FailureKind,
    /// Why, as a sentence: that of the last attempt.
    pub reason: String,
    /// All tries.
    pub attempts: Vec<Attempt>,
    /// When.
    pub died_at: Timestamp,
}

/// Takes the answer to one delivery; its drop without an answer gives the event back.
#[async_trait]
pub(crate) trait Answer: Send + Sync + std::fmt::Debug {
    async fn ack(self: Box<Self>) -> Result<()>;
    async fn retry(self: Box<Self>, attempt: Attempt) -> Result<()>;
    async fn reject(self: Box<Self>, attempt: Attempt) -> Result<()>;
}

impl Delivery {
    /// It is done. Returns when that is durable: it will not come again.
    pub async fn ack(self) -> Result<()> {
        self.answer.ack().await
    }

    /// This try failed and another may help (transient): it comes again after the backoff, or
    /// is dead after the last attempt. The number of `attempt` is set by the bus.
    pub async fn retry(self, attempt: Attempt) -> Result<()> {
        self.answer.retry(attempt).await
    }

    /// This try failed and no other can help (permanent): to the dead letters at once.
    /// The number of `attempt` is set by the bus.
    pub async fn reject(self, attempt: Attempt) -> Result<()> {
        self.answer.reject(attempt).await
    }
}

/// Acknowledges many deliveries at the price of one.
pub async fn ack_all(deliveries: impl IntoIterator<Item = Delivery>) -> Result<()> {
    futures::future::try_join_all(deliveries.into_iter().map(Delivery::ack)).await?;
    Ok(())
}
