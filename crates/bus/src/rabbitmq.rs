//! The bus of many machines: RabbitMQ, with the topology of platform.md section 3.
//!
//! Two connections, so that consumers go on while publishers are blocked; both come back by themselves, with
//! the topology, and with what was not confirmed. Order, prefetch and backoff are kept per process
//! ([`task`]); a queue ordered per function has one active consumer among all processes.
//!
//! Different from the embedded bus: a queue may hold one message more than its limit; figures follow a moment
//! later, and count what this process holds; the same event is recognised by the process that published or
//! consumed it; of a failed try only the number is known to another process.

mod binding;
mod consumer;
mod death;
mod foreign;
mod link;
mod publisher;
mod slot;
mod task;
mod topology;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use domain::{Clock, event::CloudEvent};
use tokio::sync::{
    mpsc::{self, UnboundedSender},
    oneshot,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    consumer::{Ask, Deliveries, Figures},
    link::{Address, Link, State},
    publisher::Publisher,
    task::{Parts, QueueTask},
    topology::Topology,
};
use crate::{Bus, Consumer, Error, Exchange, QueueSpec, QueueStats, Result};

/// Handle of the connections and of one task per consumed queue; they end with [`Bus::close`].
pub struct RabbitBus {
    parts: Parts,
    links: [Link; 2],
    tasks: Mutex<HashMap<String, UnboundedSender<Ask>>>,
    tracker: TaskTracker,
    next_taker: AtomicU64,
}

impl std::fmt::Debug for RabbitBus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RabbitBus")
    }
}

impl RabbitBus {
    /// Connects. A server that refuses is an error; one that can not be reached is waited for in the background, and
    /// calls say so meanwhile.
    pub async fn open(url: &str, clock: Arc<dyn Clock>) -> Result<Self> {
        let address = Address::parse(url)?;
        let stop = CancellationToken::new();
        let (publishing, consuming) = tokio::join!(
            Link::open(address.clone(), "publisher", stop.clone()),
            Link::open(address, "consumer", stop.clone()),
        );
        if let State::Down { why, refused: true } = publishing.state() {
            stop.cancel();
            return Err(Error::Unreachable(why));
        }
        let topology = Topology::new(consuming.clone());
        if let State::Up(connection) = publishing.state() {
            topology.restore(&connection).await.inspect_err(|_| stop.cancel())?;
        }
        let publisher = Publisher::new(publishing.clone(), topology.clone());
        let parts = Parts { link: consuming.clone(), topology, publisher, clock, stop };
        Ok(Self {
            parts,
            links: [publishing, consuming],
            tasks: Mutex::default(),
            tracker: TaskTracker::new(),
            next_taker: AtomicU64::new(1),
        })
    }

    fn ask(&self, queue: &str, ask: Ask) {
        if let Some(task) = self.tasks.lock().unwrap_or_else(PoisonError::into_inner).get(queue) {
            // A task ends only with the bus.
            let _ = task.send(ask);
        }
    }

    fn task(&self, spec: QueueSpec) -> UnboundedSender<Ask> {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || {
            let (asks, inbox) = mpsc::unbounded_channel();
            let task = QueueTask::new(self.parts.clone(), spec.clone(), asks.clone());
            self.tracker.spawn(task.run(inbox));
            asks
        };
        tasks.entry(spec.name.clone()).or_insert_with(start).clone()
    }

    fn open_or_closed(&self) -> Result<()> {
        if self.parts.stop.is_cancelled() { Err(Error::Closed) } else { Ok(()) }
    }

    async fn figures(&self, queue: &str) -> Figures {
        let (reply, answer) = oneshot::channel();
        self.ask(queue, Ask::Figures { reply });
        answer.await.unwrap_or_default()
    }
}

#[async_trait]
impl Bus for RabbitBus {
    async fn publish(&self, exchange: Exchange, event: &CloudEvent) -> Result<()> {
        self.open_or_closed()?;
        self.parts.publisher.publish(exchange.as_str(), event).await
    }

    async fn publish_to(&self, queue: &str, event: &CloudEvent) -> Result<()> {
        self.open_or_closed()?;
        self.parts.publisher.publish_to(queue, event).await
    }

    async fn declare(&self, queue: QueueSpec) -> Result<()> {
        self.open_or_closed()?;
        self.parts.topology.declare(queue.clone()).await?;
        let name = queue.name.clone();
        self.ask(&name, Ask::Spec(Box::new(queue)));
        Ok(())
    }

    async fn delete_queue(&self, name: &str) -> Result<()> {
        self.open_or_closed()?;
        self.parts.topology.delete(name).await?;
        self.ask(name, Ask::Deleted);
        Ok(())
    }

    async fn consume(&self, queue: &str, prefetch: u16) -> Result<Consumer> {
        self.open_or_closed()?;
        let spec = match self.parts.topology.spec(queue) {
            Some(spec) => spec,
            None if self.parts.topology.look(queue).await?.is_some() => QueueSpec::named(queue),
            None => return Err(Error::NoSuchQueue(queue.to_owned())),
        };
        let asks = self.task(spec);
        let taker = self.next_taker.fetch_add(1, Ordering::Relaxed);
        let (outbox, inbox) = mpsc::unbounded_channel();
        asks.send(Ask::Add { taker, prefetch: prefetch.max(1), outbox }).map_err(|_| Error::Closed)?;
        Ok(Consumer::new(Deliveries::new(inbox, asks, taker)))
    }

    async fn queues(&self) -> Result<Vec<QueueStats>> {
        self.open_or_closed()?;
        let mut stats = Vec::new();
        for name in self.parts.topology.known().into_keys() {
            let Some((ready, consumers)) = self.parts.topology.look(&name).await? else { continue };
            let figures = self.figures(&name).await;
            stats.push(QueueStats {
                name,
                messages: ready + figures.held,
                unacked: figures.unacked,
                waiting: figures.waiting,
                consumers: figures.consumers.max(consumers),
                oldest: figures.oldest,
            });
        }
        Ok(stats)
    }

    async fn close(&self) {
        self.parts.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
        for link in &self.links {
            // Its sender ends with the last state.
            let _ = link.changes().wait_for(|state| matches!(state, State::Closed)).await;
        }
    }
}
