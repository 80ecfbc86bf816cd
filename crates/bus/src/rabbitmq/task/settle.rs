//! Answers of consumers: what fails is tried again, and what fails for good is buried.

use domain::deadletter::{Attempt, FailureKind};
use futures::FutureExt;

use super::{
    super::{
        death,
        slot::{Slot, Tag},
    },
    Buried, QueueTask, Reply, tell,
};
use crate::{Death, Error, Retry};

impl QueueTask {
    /// Back to RabbitMQ, for whoever consumes.
    pub(super) fn release(&mut self, seq: u64) {
        if let Some(slot) = self.remove(seq) {
            slot.tag.inspect(Tag::give_back);
        }
    }

    pub(super) fn remove(&mut self, seq: u64) -> Option<Slot> {
        self.index.finished(seq);
        let slot = self.slots.remove(&seq)?;
        self.by_mark.remove(&slot.mark);
        Some(slot)
    }

    pub(super) fn returned(&mut self, seq: u64, seen: bool) {
        let Some(slot) = self.slots.get_mut(&seq) else { return };
        slot.flying = false;
        let spent = self.spec.retry.attempts.is_some_and(|most| slot.attempts >= most);
        if self.takers.is_empty() && !(seen && spent) {
            return self.release(seq);
        }
        // The first time it just comes again; more often it counts as a failed try, so that an event on which
        // every consumer dies ends among the dead letters.
        slot.redelivered |= seen;
        if !seen || (!spent && self.index.note_return(seq) == 1) {
            return self.index.give_back(seq);
        }
        let attempt = Attempt {
            number: 0,
            at: self.now(),
            status: None,
            duration_ms: 0.0,
            reason: "The consumer went away without an answer.".to_owned(),
        };
        self.fail(seq, attempt, FailureKind::Transient, None);
    }

    pub(super) fn fail(&mut self, seq: u64, attempt: Attempt, kind: FailureKind, reply: Option<Reply>) {
        let (now, retry) = (self.now(), self.spec.retry);
        let Some(slot) = self.slots.get_mut(&seq) else { return tell(reply) };
        slot.flying = false;
        let reason = attempt.reason.clone();
        slot.fail(attempt);
        if kind == FailureKind::Permanent || retry.attempts.is_some_and(|most| slot.attempts >= most) {
            return self.bury(seq, kind, reason, reply);
        }
        if self.takers.is_empty() {
            self.release(seq);
            return tell(reply);
        }
        let due = now.plus_millis(retry.delay_after(slot.attempts));
        if let Some(tag) = slot.tag.take() {
            tag.give_back();
        }
        slot.redelivered = true;
        slot.missing_since = due;
        self.index.delayed(seq, due);
        tell(reply);
    }

    /// First into the dead-letter queue, then out of this one.
    pub(super) fn bury(&mut self, seq: u64, kind: FailureKind, reason: String, reply: Option<Reply>) {
        let now = self.now();
        let Some(slot) = self.slots.get_mut(&seq) else { return tell(reply) };
        slot.dying = Some((kind, reason.clone()));
        let Some(target) = self.spec.grave(Some(&slot.event)) else {
            self.burials.push(std::future::ready((seq, Ok(()), reply)).boxed());
            return;
        };
        let died = Death {
            queue: self.spec.name.clone(),
            kind,
            reason,
            attempts: slot.history.clone(),
            died_at: now,
        };
        let (event, exchange, publisher) =
            (slot.event.clone(), slot.exchange.clone(), self.parts.publisher.clone());
        let burial = async move {
            let outcome = match death::letter(&event, &exchange, &died, &target) {
                Ok(message) => publisher.bury(&target, &message).await,
                Err(error) => Err(error),
            };
            (seq, outcome, reply)
        };
        self.burials.push(burial.boxed());
    }

    pub(super) fn buried(&mut self, (seq, outcome, reply): Buried) {
        match outcome {
            Ok(()) => {
                if let Some(slot) = self.remove(seq) {
                    self.parts.publisher.forget(&slot.exchange, &self.spec.name, &slot.event);
                    if slot.tag.as_ref().is_some_and(Tag::ack) {
                        self.done.remove(slot.mark);
                    } else {
                        self.done.insert(slot.mark);
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, queue.name = self.spec.name, "a dead letter stays where it is");
                let wait = if matches!(error, Error::QueueFull { .. }) { Retry::MAX_DELAY_MS } else { 1000 };
                self.index.delayed(seq, self.now().plus_millis(wait));
            }
        }
        tell(reply);
    }
}
