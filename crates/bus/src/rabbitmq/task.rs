//! The task of one queue: takes what RabbitMQ sends, keeps order, prefetch and backoff, hands out, answers.
//!
//! It has one AMQP consumer for all consumers of this process, with some messages sent ahead, so that a message that
//! waits for its next try holds up nobody. A failed try goes back to RabbitMQ at once, which counts it
//! (`x-delivery-count`), and is held here until it is due when it comes again. What a consumer has survives the loss
//! of the connection: the message that RabbitMQ sends again is known by its identity, and gets the answer that was
//! given meanwhile.

mod deliver;
mod settle;
mod subscription;

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{Clock, Timestamp, deadletter::FailureKind};
use futures::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use lapin::message::DeliveryResult;
use tokio::sync::{
    mpsc::{UnboundedReceiver, UnboundedSender},
    oneshot,
};
use tokio_util::sync::CancellationToken;

use super::{
    consumer::{Ask, Figures, Raw},
    link::Link,
    publisher::Publisher,
    slot::{Done, Slot},
    topology::Topology,
};
use crate::{QueueSpec, Result, index::Index};

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
