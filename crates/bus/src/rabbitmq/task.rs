//! The task of one queue: takes what RabbitMQ sends, keeps order, prefetch and backoff, hands out, answers.
//!
//! It has one AMQP consumer for all consumers of this process, with some messages sent ahead, so that a message that
//! waits for its next try holds up nobody. A failed try goes back to RabbitMQ at once, which counts it
//! (`x-delivery-count`), and is held here until it is due when it comes again. What a consumer has survives the loss
//! of the connection: the message that RabbitMQ sends again is known by its identity, and gets the answer that was
//! given meanwhile.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{
    Clock, Timestamp,
    deadletter::{Attempt, FailureKind},
};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use lapin::{
    message::{Delivery as Arrival, DeliveryResult},
    options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use tokio::sync::{
    mpsc::{UnboundedReceiver, UnboundedSender},
    oneshot,
};
use tokio_util::sync::CancellationToken;

use super::{
    binding,
    consumer::{Ask, Figures, Raw, Token},
    death,
    link::Link,
    publisher::Publisher,
    slot::{Done, Slot, Tag},
    topology::{self, Topology, failed, short},
};
use crate::{DeadLetters, Death, Error, QueueSpec, Result, Retry, identity, index::Index, name};

/// Messages that RabbitMQ sends beyond what consumers asked for.
const AHEAD: u16 = 100;
/// How long a message that went back to RabbitMQ is expected here before it is taken to be elsewhere.
const MISSED_MS: i64 = 30_000;
/// Deliveries beyond the attempts after which a message is dead without another try.
const CRASHES: u32 = 3;

type Reply = oneshot::Sender<Result<()>>;
type Buried = (u64, Result<()>, Option<Reply>);

/// What a task needs of the bus.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) link: Link,
    pub(super) topology: Topology,
    pub(super) publisher: Publisher,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) stop: CancellationToken,
}

pub(super) struct QueueTask {
    parts: Parts,
    spec: QueueSpec,
    asks: UnboundedSender<Ask>,
    index: Index<Raw>,
    slots: HashMap<u64, Slot>,
    by_mark: HashMap<u128, u64>,
    done: Done,
    next_seq: u64,
    takers: HashMap<u64, u16>,
    subscription: Option<Subscription>,
    burials: FuturesUnordered<BoxFuture<'static, Buried>>,
    /// Subscriptions that are being given up.
    endings: FuturesUnordered<BoxFuture<'static, ()>>,
}

struct Subscription {
    consumer: lapin::Consumer,
    channel: lapin::Channel,
    prefetch: u16,
}

impl QueueTask {
    pub(super) fn new(parts: Parts, spec: QueueSpec, asks: UnboundedSender<Ask>) -> Self {
        Self {
            parts,
            spec,
            asks,
            index: Index::default(),
            slots: HashMap::new(),
            by_mark: HashMap::new(),
            done: Done::default(),
            next_seq: 1,
            takers: HashMap::new(),
            subscription: None,
            burials: FuturesUnordered::new(),
            endings: FuturesUnordered::new(),
        }
    }

    /// Works until the bus is closed.
    pub(super) async fn run(mut self, mut asks: UnboundedReceiver<Ask>) {
        let stop = self.parts.stop.clone();
        let mut subscribing: Option<BoxFuture<'static, Result<Option<Subscription>>>> = None;
        loop {
            if self.subscription.is_none() && subscribing.is_none() && !self.takers.is_empty() {
                subscribing = Some(self.subscribe());
            }
            let idle = self.idle_time();
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                Some(ask) = asks.recv() => {
                    self.answer(ask);
                    while let Ok(ask) = asks.try_recv() {
                        self.answer(ask);
                    }
                }
                Some(buried) = self.burials.next(), if !self.burials.is_empty() => self.buried(buried),
                Some(()) = self.endings.next(), if !self.endings.is_empty() => {}
                arrived = next(self.subscription.as_mut()) => self.arrived(arrived),
                subscribed = ready(subscribing.as_mut()) => {
                    subscribing = None;
                    self.subscribed(subscribed);
                }
                () = tokio::time::sleep(idle) => {}
            }
            self.hand_out();
        }
    }

    fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    fn idle_time(&self) -> Duration {
        let wait = self.index.next_due().map_or(10_000, |due| due.millis_since(self.now()));
        Duration::from_millis(wait.clamp(1, 10_000) as u64)
    }

    /// Declares the queue when this process knows it, and begins to take from it; none when it is gone.
    fn subscribe(&self) -> BoxFuture<'static, Result<Option<Subscription>>> {
        let (parts, queue) = (self.parts.clone(), self.spec.name.clone());
        let wanted: u32 = self.takers.values().map(|prefetch| u32::from(*prefetch)).sum();
        let prefetch = u16::try_from(wanted + u32::from(AHEAD)).unwrap_or(u16::MAX);
        async move {
            let attempt = async {
                let connection = parts.link.up().await?;
                let channel = connection.create_channel().await.map_err(failed)?;
                match parts.topology.spec(&queue) {
                    Some(spec) => topology::declare(&channel, &spec).await?,
                    None if parts.topology.look(&queue).await?.is_none() => return Ok(None),
                    None => {}
                }
                channel.basic_qos(prefetch, BasicQosOptions::default()).await.map_err(failed)?;
                let consumer = channel
                    .basic_consume(
                        short(&queue)?,
                        "".into(),
                        BasicConsumeOptions::default(),
                        FieldTable::default(),
                    )
                    .await
                    .map_err(failed)?;
                Ok(Some(Subscription { consumer, channel, prefetch }))
            };
            let done = attempt.await;
            if let Err(error) = &done {
                tracing::warn!(%error, queue.name = queue, "a queue can not be consumed at the moment");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            done
        }
        .boxed()
    }

    fn subscribed(&mut self, outcome: Result<Option<Subscription>>) {
        match outcome {
            Ok(Some(subscription)) if !self.takers.is_empty() => {
                for slot in self.slots.values_mut().filter(|slot| slot.tag.is_none()) {
                    slot.missing_since = slot.missing_since.max(self.parts.clock.now());
                }
                self.subscription = Some(subscription);
            }
            // The consumers went away meanwhile.
            Ok(Some(subscription)) => {
                self.subscription = Some(subscription);
                self.retire(Vec::new());
            }
            Ok(None) => self.end(),
            // It is logged, and the loop tries again.
            Err(_) => {}
        }
    }

    fn arrived(&mut self, arrived: Option<DeliveryResult>) {
        match arrived {
            Some(Ok(Some(arrival))) => self.take_in(arrival),
            // Cancelled by the server, or lost with its connection.
            Some(Ok(None) | Err(_)) | None => self.lost(),
        }
    }

    fn take_in(&mut self, arrival: Arrival) {
        let Some(channel) = self.subscription.as_ref().map(|subscription| subscription.channel.clone())
        else {
            return;
        };
        let tag = Tag { channel, number: arrival.delivery_tag };
        let event = match binding::decode(&arrival.properties, &arrival.data) {
            Ok(event) => event,
            Err(error) => {
                tracing::error!(%error, queue.name = self.spec.name, "a message is no event and was refused");
                return tag.refuse();
            }
        };
        let exchange = arrival.exchange.as_str().to_owned();
        let mark = identity::within(&exchange, &event);
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
        let now = self.now();
        let before = death::deliveries_before(&arrival.properties);
        let sent =
            arrival.properties.timestamp().and_then(|seconds| i64::try_from(seconds).ok()).filter(|s| *s > 0);
        let key = self.spec.ordering.key(&event).map(|key| identity::hash(&[key]) as u64);
        let seq = self.next_seq;
        self.next_seq += 1;
        let slot = Slot {
            death: death::of(&arrival.properties, now),
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

    /// The channel is gone, and with it the right to answer: RabbitMQ delivers again what was not answered.
    fn lost(&mut self) {
        self.subscription = None;
        let now = self.now();
        let mut forgotten = Vec::new();
        for (seq, slot) in &mut self.slots {
            if slot.tag.as_ref().is_some_and(|tag| !tag.is_valid()) {
                slot.tag = None;
                slot.missing_since = now;
                if !slot.flying && slot.history.is_empty() && slot.dying.is_none() {
                    forgotten.push(*seq);
                }
            }
        }
        for seq in forgotten {
            self.remove(seq);
        }
    }

    fn hand_out(&mut self) {
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

    fn answer(&mut self, ask: Ask) {
        // A caller that is gone needs no answer.
        match ask {
            Ask::Add { taker, prefetch, outbox } => self.add(taker, prefetch, outbox),
            Ask::Cancel { taker } => self.cancel(taker),
            Ask::Ack { seq, reply } => {
                if let Some(slot) = self.remove(seq) {
                    self.done.insert(slot.mark);
                    if let Some(tag) = slot.tag {
                        tag.ack();
                    }
                }
                let _ = reply.send(Ok(()));
            }
            Ask::Retry { seq, attempt, reply } => {
                self.fail(seq, attempt, FailureKind::Transient, Some(reply))
            }
            Ask::Reject { seq, attempt, reply } => {
                self.fail(seq, attempt, FailureKind::Permanent, Some(reply))
            }
            Ask::Return { seq, seen } => self.returned(seq, seen),
            Ask::Spec(spec) => self.spec = *spec,
            Ask::Deleted => self.end(),
            Ask::Figures { reply } => {
                let _ = reply.send(self.figures());
            }
        }
    }

    fn add(&mut self, taker: u64, prefetch: u16, outbox: UnboundedSender<Raw>) {
        self.takers.insert(taker, prefetch);
        self.index.add_consumer(taker, prefetch, outbox);
        let wanted: u32 = self.takers.values().map(|prefetch| u32::from(*prefetch)).sum();
        if self
            .subscription
            .as_ref()
            .is_some_and(|current| wanted + u32::from(AHEAD) > u32::from(current.prefetch))
        {
            // A wider one takes its place; what came over the old one is answered over the old one.
            self.retire(Vec::new());
        }
    }

    fn cancel(&mut self, taker: u64) {
        self.takers.remove(&taker);
        if self.takers.is_empty() {
            let mut idle: Vec<u64> = self
                .slots
                .iter()
                .filter(|(_, slot)| !slot.flying && slot.dying.is_none())
                .map(|(seq, _)| *seq)
                .collect();
            idle.sort_unstable();
            let tags = idle.into_iter().filter_map(|seq| self.remove(seq)?.tag).collect();
            self.retire(tags);
        }
        self.index.remove_consumer(taker);
    }

    /// Ends the subscription, and only then gives messages back, or they would come over it again.
    fn retire(&mut self, tags: Vec<Tag>) {
        let Some(Subscription { mut consumer, channel, .. }) = self.subscription.take() else {
            return tags.iter().for_each(Tag::give_back);
        };
        let ending = async move {
            // When it can not be cancelled it is gone already, and its messages are back.
            let _ = channel.basic_cancel(consumer.tag(), BasicCancelOptions::default()).await;
            tags.iter().for_each(Tag::give_back);
            while let Some(Some(Ok(late))) = consumer.next().now_or_never() {
                Tag { channel: channel.clone(), number: late.delivery_tag }.give_back();
            }
        };
        self.endings.push(ending.boxed());
    }

    /// Back to RabbitMQ, for whoever consumes.
    fn release(&mut self, seq: u64) {
        if let Some(slot) = self.remove(seq) {
            slot.tag.inspect(Tag::give_back);
        }
    }

    fn remove(&mut self, seq: u64) -> Option<Slot> {
        self.index.finished(seq);
        let slot = self.slots.remove(&seq)?;
        self.by_mark.remove(&slot.mark);
        Some(slot)
    }

    fn returned(&mut self, seq: u64, seen: bool) {
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

    fn fail(&mut self, seq: u64, attempt: Attempt, kind: FailureKind, reply: Option<Reply>) {
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
    fn bury(&mut self, seq: u64, kind: FailureKind, reason: String, reply: Option<Reply>) {
        let now = self.now();
        let Some(slot) = self.slots.get_mut(&seq) else { return tell(reply) };
        slot.dying = Some((kind, reason.clone()));
        let target = match &self.spec.dead_letters {
            DeadLetters::Dropped => {
                self.burials.push(std::future::ready((seq, Ok(()), reply)).boxed());
                return;
            }
            DeadLetters::Queue(target) => target.clone(),
            DeadLetters::OfTenant => {
                let tenant = slot.event.target().map(|(tenant, _)| tenant);
                tenant.map_or(name::DEAD_LETTERS_UNOWNED.to_owned(), |tenant| name::dead_letters(&tenant))
            }
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

    fn buried(&mut self, (seq, outcome, reply): Buried) {
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

    /// The queue is gone: so are its consumers and messages.
    fn end(&mut self) {
        self.subscription = None;
        self.takers.clear();
        self.slots.clear();
        self.by_mark.clear();
        self.done = Done::default();
        self.index = Index::default();
    }

    fn figures(&self) -> Figures {
        Figures {
            held: self.slots.values().filter(|slot| slot.tag.is_some()).count() as u64,
            unacked: self.index.unacked() as u64,
            waiting: self.index.waiting() as u64,
            consumers: self.takers.len() as u32,
            oldest: self.slots.values().map(|slot| slot.enqueued_at).min(),
        }
    }
}

fn tell(reply: Option<Reply>) {
    if let Some(reply) = reply {
        let _ = reply.send(Ok(()));
    }
}

/// The next delivery; never, without a subscription.
async fn next(subscription: Option<&mut Subscription>) -> Option<DeliveryResult> {
    match subscription {
        Some(subscription) => subscription.consumer.next().await.map(|delivery| delivery.map(Some)),
        None => std::future::pending().await,
    }
}

async fn ready<T>(future: Option<&mut BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
