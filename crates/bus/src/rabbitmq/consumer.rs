//! The consumer's end: deliveries as they come, and the answers on their way to the queue's task.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_trait::async_trait;
use domain::{Timestamp, deadletter::Attempt, event::CloudEvent};
use futures::Stream;
use tokio::sync::{
    mpsc::{UnboundedReceiver, UnboundedSender},
    oneshot,
};

use crate::{Death, Delivery, Error, QueueSpec, Result, delivery::Answer};

type Reply = oneshot::Sender<Result<()>>;

/// What is asked of the task of a queue.
pub(super) enum Ask {
    Add {
        taker: u64,
        prefetch: u16,
        outbox: UnboundedSender<Raw>,
    },
    Cancel {
        taker: u64,
    },
    Ack {
        seq: u64,
        reply: Reply,
    },
    Retry {
        seq: u64,
        attempt: Attempt,
        reply: Reply,
    },
    Reject {
        seq: u64,
        attempt: Attempt,
        reply: Reply,
    },
    /// Dropped without an answer; `seen`: after the consumer had it.
    Return {
        seq: u64,
        seen: bool,
    },
    /// Declared again.
    Spec(Box<QueueSpec>),
    Deleted,
    Figures {
        reply: oneshot::Sender<Figures>,
    },
}

/// What the task knows of its queue.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// Messages that RabbitMQ counts as delivered.
    pub(super) held: u64,
    pub(super) unacked: u64,
    pub(super) waiting: u64,
    pub(super) consumers: u32,
    pub(super) oldest: Option<Timestamp>,
}

/// A message as the task hands it over.
pub(super) struct Raw {
    pub(super) event: CloudEvent,
    pub(super) attempt: u32,
    pub(super) last: bool,
    pub(super) redelivered: bool,
    pub(super) history: Vec<Attempt>,
    pub(super) enqueued_at: Timestamp,
    pub(super) death: Option<Death>,
    pub(super) token: Token,
}

/// Deliveries as they come. At most the prefetch are in the channel, so it needs no bound.
pub(super) struct Deliveries {
    // Declared first, so dropped first: the task hears of the end before the messages come back.
    _cancel: Cancel,
    inbox: UnboundedReceiver<Raw>,
}

struct Cancel {
    asks: UnboundedSender<Ask>,
    taker: u64,
}

impl Drop for Cancel {
    fn drop(&mut self) {
        let _ = self.asks.send(Ask::Cancel { taker: self.taker });
    }
}

impl Deliveries {
    pub(super) fn new(inbox: UnboundedReceiver<Raw>, asks: UnboundedSender<Ask>, taker: u64) -> Self {
        Self { _cancel: Cancel { asks, taker }, inbox }
    }
}

impl Stream for Deliveries {
    type Item = Delivery;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        let Some(mut raw) = ready!(self.inbox.poll_recv(cx)) else { return Poll::Ready(None) };
        raw.token.seen = true;
        Poll::Ready(Some(Delivery {
            event: raw.event,
            attempt: raw.attempt,
            last: raw.last,
            redelivered: raw.redelivered,
            history: raw.history,
            enqueued_at: raw.enqueued_at,
            death: raw.death,
            answer: Box::new(raw.token),
        }))
    }
}

/// The right to answer one delivery, once; its drop gives the message back.
#[derive(Debug)]
pub(super) struct Token {
    asks: UnboundedSender<Ask>,
    seq: u64,
    seen: bool,
    answered: bool,
}

impl Token {
    pub(super) fn new(asks: UnboundedSender<Ask>, seq: u64) -> Self {
        Self { asks, seq, seen: false, answered: false }
    }

    async fn send(mut self: Box<Self>, ask: impl FnOnce(u64, Reply) -> Ask) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        self.answered = true;
        self.asks.send(ask(self.seq, reply)).map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if !self.answered {
            // The bus is closed when nobody listens: RabbitMQ still has the message.
            let _ = self.asks.send(Ask::Return { seq: self.seq, seen: self.seen });
        }
    }
}

#[async_trait]
impl Answer for Token {
    async fn ack(self: Box<Self>) -> Result<()> {
        self.send(|seq, reply| Ask::Ack { seq, reply }).await
    }

    async fn retry(self: Box<Self>, attempt: Attempt) -> Result<()> {
        self.send(|seq, reply| Ask::Retry { seq, attempt, reply }).await
    }

    async fn reject(self: Box<Self>, attempt: Attempt) -> Result<()> {
        self.send(|seq, reply| Ask::Reject { seq, attempt, reply }).await
    }
}
