//! The consumer's end of a queue.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::Stream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::{
    record::Header,
    settle::{Settle, Token},
};
use crate::Delivery;

/// A message as the thread hands it over; decoded by the consumer's task.
pub(super) struct Raw {
    pub header: Header,
    pub body: Vec<u8>,
    pub last: bool,
    pub redelivered: bool,
    pub token: Token,
}

/// Deliveries as they come. At most the prefetch are in the channel, so it needs no bound.
pub(super) struct Deliveries {
    // Declared first, so dropped first: the thread hears of the end before the messages come back.
    _cancel: Cancel,
    inbox: UnboundedReceiver<Raw>,
}

struct Cancel {
    settles: UnboundedSender<Settle>,
    queue: u32,
    consumer: u64,
}

impl Drop for Cancel {
    fn drop(&mut self) {
        let _ = self.settles.send(Settle::Cancel { queue: self.queue, consumer: self.consumer });
    }
}

impl Deliveries {
    pub(super) fn new(
        inbox: UnboundedReceiver<Raw>,
        settles: UnboundedSender<Settle>,
        queue: u32,
        consumer: u64,
    ) -> Self {
        Self { _cancel: Cancel { settles, queue, consumer }, inbox }
    }
}

impl Stream for Deliveries {
    type Item = Delivery;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Delivery>> {
        loop {
            let Some(mut raw) = ready!(self.inbox.poll_recv(cx)) else { return Poll::Ready(None) };
            raw.token.seen = true;
            match serde_json::from_slice(&raw.body) {
                Ok(event) => {
                    return Poll::Ready(Some(Delivery {
                        event,
                        attempt: raw.header.attempts.saturating_add(1),
                        last: raw.last,
                        redelivered: raw.redelivered,
                        history: raw.header.details.history,
                        enqueued_at: raw.header.enqueued_at,
                        death: raw.header.details.death,
                        answer: Box::new(raw.token),
                    }));
                }
                // Only what was an event is stored, so the file is damaged here; the drop of the
                // token counts as a failed try and ends among the dead letters.
                Err(error) => tracing::error!(%error, "a stored event cannot be read"),
            }
        }
    }
}
