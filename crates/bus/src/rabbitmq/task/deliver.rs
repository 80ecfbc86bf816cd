//! From RabbitMQ to the consumers.

use domain::{Timestamp, deadletter::FailureKind};
use lapin::message::{Delivery as Arrival, DeliveryResult};

use super::{
    super::{
        binding,
        consumer::{Raw, Token},
        death, foreign,
        slot::{Slot, Tag},
    },
    CRASHES, MISSED_MS, QueueTask,
};
use crate::{DeadLetters, identity};

impl QueueTask {
    pub(super) fn arrived(&mut self, arrived: Option<DeliveryResult>) {
        match arrived {
            Some(Ok(Some(arrival))) => self.take_in(arrival),
            // Cancelled by the server, or lost with its connection.
            Some(Ok(None) | Err(_)) | None => self.lost(),
        }
    }

    pub(super) fn take_in(&mut self, arrival: Arrival) {
        let Some(channel) = self.subscription.as_ref().map(|subscription| subscription.channel.clone())
        else {
            return;
        };
        let tag = Tag { channel, number: arrival.delivery_tag };
        let now = self.now();
        let mut death = death::of(&arrival.properties, now);
        let event = match binding::decode(&arrival.properties, &arrival.data) {
            Ok(event) => event,
            // It was refused where it came from: here is where such messages are kept.
            Err(error) if self.spec.dead_letters == DeadLetters::Dropped => {
                let (event, died) = foreign::keep(&arrival, death, &self.spec.name, &error, now);
                death = Some(died);
                event
            }
            Err(error) => {
                tracing::error!(%error, queue.name = self.spec.name, "a message is no event and was refused");
                return tag.refuse();
            }
        };
        let exchange = arrival.exchange.as_str().to_owned();
        // One event may have died in the queues of several functions.
        let scope =
            death.as_ref().map_or_else(|| exchange.clone(), |death| format!("{exchange}\0{}", death.queue));
        let mark = identity::within(&scope, &event);
        if self.done.contains(mark) {
            tag.ack();
            return;
        }
        if let Some(slot) = self.by_mark.get(&mark).and_then(|seq| self.slots.get_mut(seq)) {
            // The message that was missed; or a double of one that is here.
            match &slot.tag {
                None => slot.tag = Some(tag),
                Some(_) => {
                    tag.ack();
                }
            }
            return;
        }
        let before = death::deliveries_before(&arrival.properties);
        let sent =
            arrival.properties.timestamp().and_then(|seconds| i64::try_from(seconds).ok()).filter(|s| *s > 0);
        let key = self.spec.ordering.key(&event).map(|key| identity::hash(&[key]) as u64);
        let seq = self.next_seq;
        self.next_seq += 1;
        let slot = Slot {
            death,
            event,
            exchange,
            mark,
            tag: Some(tag),
            missing_since: now,
            flying: false,
            attempts: before,
            history: Vec::new(),
            redelivered: arrival.redelivered || before > 0,
            enqueued_at: sent.map_or(now, |seconds| Timestamp::from_millis(seconds.saturating_mul(1000))),
            dying: None,
        };
        self.slots.insert(seq, slot);
        self.by_mark.insert(mark, seq);
        let due = (before > 0).then(|| now.plus_millis(self.spec.retry.delay_after(before)));
        self.index.admit(seq, key, due);
        if self.spec.retry.attempts.is_some_and(|most| before >= most.saturating_add(CRASHES)) {
            let slot = self.slots.get_mut(&seq);
            if let Some(slot) = slot {
                slot.dying =
                    Some((FailureKind::Transient, "Its consumers went away without an answer.".to_owned()));
            }
        }
    }

    pub(super) fn hand_out(&mut self) {
        let now = self.now();
        self.index.wake(now);
        while let Some((seq, outbox)) = self.index.next() {
            let Some(slot) = self.slots.get_mut(&seq) else {
                self.index.finished(seq);
                continue;
            };
            if slot.tag.is_none() {
                if self.subscription.is_some() && now.millis_since(slot.missing_since) > MISSED_MS {
                    self.remove(seq);
                } else {
                    self.index.delayed(seq, now.plus_millis(50));
                }
                continue;
            }
            if let Some((kind, reason)) = slot.dying.clone() {
                self.bury(seq, kind, reason, None);
                continue;
            }
            slot.flying = true;
            let raw = Raw {
                event: slot.event.clone(),
                attempt: slot.attempts.saturating_add(1),
                last: self.spec.retry.attempts.is_some_and(|most| slot.attempts.saturating_add(1) >= most),
                redelivered: slot.redelivered,
                history: slot.history.clone(),
                enqueued_at: slot.enqueued_at,
                death: slot.death.clone(),
                token: Token::new(self.asks.clone(), seq),
            };
            // When the consumer is gone, the drop of the token gives the message back.
            let _ = outbox.send(raw);
        }
    }
}
