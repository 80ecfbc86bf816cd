//! A message that this process has from RabbitMQ, and those that it is done with.

use std::collections::{HashSet, VecDeque};

use domain::{
    Timestamp,
    deadletter::{Attempt, FailureKind},
    event::CloudEvent,
};
use futures::FutureExt;
use lapin::{
    Channel,
    options::{BasicAckOptions, BasicNackOptions},
};

use crate::Death;

/// Tries that are remembered.
const MAX_HISTORY: usize = 16;
/// Messages that are remembered as done.
const MOST_DONE: usize = 100_000;

/// Where RabbitMQ takes the answer to a delivery. Answers are written without waiting: when the connection breaks
/// with them, the message comes again and is known.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub(super) channel: Channel,
    pub(super) number: u64,
}

impl Tag {
    /// Whether the connection that it came over still is.
    pub(super) fn is_valid(&self) -> bool {
        self.channel.status().connected()
    }

    /// Whether it was written.
    pub(super) fn ack(&self) -> bool {
        let ack = self.channel.basic_ack(self.number, BasicAckOptions::default()).now_or_never();
        !matches!(ack, Some(Err(_))) && self.is_valid()
    }

    /// Gives the message back to the queue, which counts it.
    pub(super) fn give_back(&self) {
        let options = BasicNackOptions { requeue: true, multiple: false };
        let _ = self.channel.basic_nack(self.number, options).now_or_never();
    }

    /// To where RabbitMQ puts what it gives up.
    pub(super) fn refuse(&self) {
        let options = BasicNackOptions { requeue: false, multiple: false };
        let _ = self.channel.basic_nack(self.number, options).now_or_never();
    }
}

/// One message.
pub(super) struct Slot {
    pub(super) event: CloudEvent,
    pub(super) exchange: String,
    pub(super) mark: u128,
    /// None: it is (again) with RabbitMQ, and will be delivered again.
    pub(super) tag: Option<Tag>,
    /// Since when it is missed.
    pub(super) missing_since: Timestamp,
    /// A consumer has it.
    pub(super) flying: bool,
    pub(super) attempts: u32,
    pub(super) history: Vec<Attempt>,
    pub(super) redelivered: bool,
    pub(super) enqueued_at: Timestamp,
    pub(super) death: Option<Death>,
    /// Failed for good, and not yet in the dead-letter queue.
    pub(super) dying: Option<(FailureKind, String)>,
}

impl Slot {
    /// Notes a failed try.
    pub(super) fn fail(&mut self, mut attempt: Attempt) {
        self.attempts = self.attempts.saturating_add(1);
        attempt.number = i32::try_from(self.attempts).unwrap_or(i32::MAX);
        self.history.push(attempt);
        if self.history.len() > MAX_HISTORY {
            self.history.remove(0);
        }
    }
}

/// Marks of what was answered, so that what comes again is known.
#[derive(Default)]
pub(super) struct Done {
    marks: HashSet<u128>,
    order: VecDeque<u128>,
}

impl Done {
    pub(super) fn contains(&self, mark: u128) -> bool {
        self.marks.contains(&mark)
    }

    pub(super) fn insert(&mut self, mark: u128) {
        if !self.marks.insert(mark) {
            return;
        }
        self.order.push_back(mark);
        if self.order.len() > MOST_DONE
            && let Some(old) = self.order.pop_front()
        {
            self.marks.remove(&old);
        }
    }

    pub(super) fn remove(&mut self, mark: u128) {
        self.marks.remove(&mark);
    }
}
