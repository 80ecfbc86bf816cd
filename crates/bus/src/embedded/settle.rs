//! Answers of consumers on their way to the thread.

use async_trait::async_trait;
use domain::deadletter::Attempt;
use tokio::sync::{mpsc::UnboundedSender, oneshot};

use super::tables::Place;
use crate::{Error, Result, delivery::Answer};

/// What a consumer said.
pub(super) enum Settle {
    Ack {
        place: Place,
        reply: oneshot::Sender<Result<()>>,
    },
    Retry {
        place: Place,
        attempt: Attempt,
        reply: oneshot::Sender<Result<()>>,
    },
    Reject {
        place: Place,
        attempt: Attempt,
        reply: oneshot::Sender<Result<()>>,
    },
    /// Dropped without an answer; `seen`: after the consumer had it.
    Return {
        place: Place,
        seen: bool,
    },
    /// The consumer is gone.
    Cancel {
        queue: u32,
        consumer: u64,
    },
}

/// The right to answer one delivery, once; its drop gives the message back.
#[derive(Debug)]
pub(super) struct Token {
    settles: UnboundedSender<Settle>,
    place: Place,
    pub(super) seen: bool,
    answered: bool,
}

impl Token {
    pub(super) fn new(settles: UnboundedSender<Settle>, place: Place) -> Self {
        Self { settles, place, seen: false, answered: false }
    }

    async fn send(
        mut self: Box<Self>,
        settle: impl FnOnce(Place, oneshot::Sender<Result<()>>) -> Settle,
    ) -> Result<()> {
        let (reply, answer) = oneshot::channel();
        self.answered = true;
        self.settles.send(settle(self.place, reply)).map_err(|_| Error::Closed)?;
        answer.await.map_err(|_| Error::Closed)?
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        if !self.answered {
            // The bus is closed when nobody listens: the file still has the message.
            let _ = self.settles.send(Settle::Return { place: self.place, seen: self.seen });
        }
    }
}

#[async_trait]
impl Answer for Token {
    async fn ack(self: Box<Self>) -> Result<()> {
        self.send(|place, reply| Settle::Ack { place, reply }).await
    }

    async fn retry(self: Box<Self>, attempt: Attempt) -> Result<()> {
        self.send(|place, reply| Settle::Retry { place, attempt, reply }).await
    }

    async fn reject(self: Box<Self>, attempt: Attempt) -> Result<()> {
        self.send(|place, reply| Settle::Reject { place, attempt, reply }).await
    }
}
