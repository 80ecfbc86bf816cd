//! Publishing with confirms: what is lost with a connection is sent again on the next.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::event::CloudEvent;
use lapin::{
    BasicProperties, Channel, Confirmation,
    message::BasicReturnMessage,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::ShortString,
};
use tokio::sync::Semaphore;

use super::{
    binding::{self, Message},
    link::{Link, PATIENCE},
    topology::{Topology, failed, short},
};
use crate::{Error, QueueSpec, Result, identity};

/// Messages without a confirm at a time.
const UNCONFIRMED: usize = 2048;
/// How long what was published is remembered, and how much of it at most.
const REMEMBERED: Duration = Duration::from_secs(86_400);
const MOST_REMEMBERED: usize = 500_000;

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Kept,
    /// No queue for it.
    Returned,
    /// A queue is full.
    Refused,
}

/// A message on its way.
#[derive(Debug, Clone)]
pub(super) struct Outgoing {
    pub(super) exchange: &'static str,
    pub(super) routing_key: String,
    pub(super) properties: BasicProperties,
    pub(super) body: Vec<u8>,
}

impl Outgoing {
    pub(super) fn event(exchange: &'static str, routing_key: &str, event: &CloudEvent) -> Result<Self> {
        event.check_size()?;
        Self::message(exchange, routing_key, event, binding::encode(event))
    }

    /// To a dead-letter queue, which takes what is too large for every other: else it could go nowhere.
    pub(super) fn letter(queue: &str, event: &CloudEvent) -> Result<Self> {
        // Attributes in headers travel in one frame, which has a limit that RabbitMQ punishes with the
        // connection's end.
        let message =
            if event.check_size().is_ok() { binding::encode(event) } else { binding::structured(event) };
        Self::message("", queue, event, message)
    }

    fn message(
        exchange: &'static str,
        routing_key: &str,
        event: &CloudEvent,
        message: serde_json::Result<Message>,
    ) -> Result<Self> {
        let message = message.map_err(|error| Error::Invalid(error.to_string()))?;
        let properties = BasicProperties::default()
            .with_delivery_mode(2)
            .with_message_id(format!("{:032x}", identity::of(event)).into())
            .with_timestamp(now_in_seconds(event))
            .with_headers(message.headers.into());
        let properties = match message.content_type {
            Some(kind) => properties.with_content_type(kind),
            None => properties,
        };
        Ok(Self { exchange, routing_key: routing_key.to_owned(), properties, body: message.body })
    }
}

/// The event's own time, which is when the door or the outbox took it; zero when it has none.
fn now_in_seconds(event: &CloudEvent) -> u64 {
    event.time.and_then(|time| u64::try_from(time.as_millis() / 1000).ok()).unwrap_or_default()
}

/// The publishing half; cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Publisher(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    link: Link,
    topology: Topology,
    channel: tokio::sync::Mutex<Option<Channel>>,
    places: Semaphore,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    marks: HashSet<u128>,
    order: VecDeque<(Instant, u128)>,
}

impl Publisher {
    pub(super) fn new(link: Link, topology: Topology) -> Self {
        Self(Arc::new(Inner {
            link,
            topology,
            channel: tokio::sync::Mutex::default(),
            places: Semaphore::new(UNCONFIRMED),
            seen: Mutex::default(),
        }))
    }

    /// Through an exchange; what no queue is bound for is accepted and forgotten.
    pub(super) async fn publish(&self, exchange: &'static str, event: &CloudEvent) -> Result<()> {
        let mark = identity::within(exchange, event);
        if self.has_seen(mark) {
            return Ok(());
        }
        match self.send(&Outgoing::event(exchange, &event.kind, event)?).await? {
            Outcome::Kept => self.note(mark),
            Outcome::Returned => {}
            Outcome::Refused => return Err(self.full(None)),
        }
        Ok(())
    }

    /// To one queue.
    pub(super) async fn publish_to(&self, queue: &str, event: &CloudEvent) -> Result<()> {
        let mark = identity::within(queue, event);
        if self.has_seen(mark) {
            return Ok(());
        }
        self.put(queue, &Outgoing::event("", queue, event)?).await?;
        self.note(mark);
        Ok(())
    }

    /// A dead letter to its queue, which is declared when needed.
    pub(super) async fn bury(&self, queue: &str, message: &Outgoing) -> Result<()> {
        match self.put(queue, message).await {
            Err(Error::NoSuchQueue(_)) => {
                self.0.topology.declare(QueueSpec::dead_letters(queue)).await?;
                self.put(queue, message).await
            }
            other => other,
        }
    }

    async fn put(&self, queue: &str, message: &Outgoing) -> Result<()> {
        let mut outcome = self.send(message).await?;
        if outcome == Outcome::Returned
            && let Some(spec) = self.0.topology.spec(queue)
        {
            // Somebody deleted it behind our back.
            self.0.topology.declare(spec).await?;
            outcome = self.send(message).await?;
        }
        match outcome {
            Outcome::Kept => Ok(()),
            Outcome::Returned => Err(Error::NoSuchQueue(queue.to_owned())),
            Outcome::Refused => Err(self.full(Some(queue))),
        }
    }

    /// Lets the event be published again: it died, and may be replayed.
    pub(super) fn forget(&self, exchange: &str, queue: &str, event: &CloudEvent) {
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        for scope in [exchange, queue] {
            seen.marks.remove(&identity::within(scope, event));
        }
    }

    async fn send(&self, message: &Outgoing) -> Result<Outcome> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            match tokio::time::timeout_at(deadline, self.try_send(message)).await {
                Ok(Ok(outcome)) => return Ok(outcome),
                Ok(Err(error @ (Error::Closed | Error::Invalid(_)))) => return Err(error),
                Ok(Err(Error::Unreachable(why))) if tokio::time::Instant::now() >= deadline => {
                    return Err(Error::Unreachable(why));
                }
                // The confirm was lost with the channel: it is sent again, and consumers know a double.
                Ok(Err(_)) => tokio::time::sleep(Duration::from_millis(50)).await,
                Err(_) => {
                    let why = match self.0.link.blocked() {
                        Some(reason) => format!("RabbitMQ takes no events at the moment: {reason}."),
                        None => "RabbitMQ did not confirm the event in time.".to_owned(),
                    };
                    return Err(Error::Unreachable(why));
                }
            }
        }
    }

    async fn try_send(&self, message: &Outgoing) -> Result<Outcome> {
        let _place = self.0.places.acquire().await.map_err(|_| Error::Closed)?;
        let channel = self.channel().await?;
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let confirm = channel
            .basic_publish(
                message.exchange.into(),
                short(&message.routing_key)?,
                options,
                &message.body,
                message.properties.clone(),
            )
            .await
            .map_err(failed)?;
        Ok(match confirm.await.map_err(failed)? {
            Confirmation::Nack(_) => Outcome::Refused,
            Confirmation::Ack(None) | Confirmation::NotRequested => Outcome::Kept,
            Confirmation::Ack(Some(returned)) if is_same(&returned, message) => Outcome::Returned,
            // When RabbitMQ confirms many at once, a return may be handed to another of them.
            Confirmation::Ack(Some(returned)) => {
                self.return_of_another(&returned);
                Outcome::Kept
            }
        })
    }

    /// What was returned to the wrong one is sent again, unless nobody wants it.
    fn return_of_another(&self, returned: &BasicReturnMessage) {
        if !returned.delivery.exchange.as_str().is_empty() {
            return;
        }
        let queue = returned.delivery.routing_key.as_str().to_owned();
        let message = Outgoing {
            exchange: "",
            routing_key: queue.clone(),
            properties: returned.delivery.properties.clone(),
            body: returned.delivery.data.clone(),
        };
        let publisher = self.clone();
        #[expect(clippy::disallowed_methods, reason = "bounded by the patience of one call")]
        tokio::spawn(async move {
            if let Err(error) = Box::pin(publisher.put(&queue, &message)).await {
                tracing::error!(%error, queue.name = queue, "an event was returned and could not be sent again");
            }
        });
    }

    /// The channel that all share, with confirms; a new one after a fault, on which everything is declared.
    async fn channel(&self) -> Result<Channel> {
        let mut kept = self.0.channel.lock().await;
        if let Some(channel) = kept.as_ref().filter(|channel| channel.status().connected()) {
            return Ok(channel.clone());
        }
        let connection = self.0.link.up().await?;
        self.0.topology.restore(&connection).await?;
        let channel = connection.create_channel().await.map_err(failed)?;
        channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(failed)?;
        *kept = Some(channel.clone());
        Ok(channel)
    }

    fn full(&self, queue: Option<&str>) -> Error {
        let known = self.0.topology.known();
        let limited = queue
            .and_then(|queue| known.get(queue))
            .or_else(|| known.values().find(|spec| spec.max_length.is_some() && !spec.bindings.is_empty()));
        let queue =
            queue.map_or_else(|| limited.map(|spec| spec.name.clone()).unwrap_or_default(), str::to_owned);
        Error::QueueFull { queue, limit: limited.and_then(|spec| spec.max_length).unwrap_or_default() }
    }

    fn has_seen(&self, mark: u128) -> bool {
        self.0.seen.lock().unwrap_or_else(PoisonError::into_inner).marks.contains(&mark)
    }

    fn note(&self, mark: u128) {
        let mut seen = self.0.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        while seen.order.len() >= MOST_REMEMBERED
            || seen.order.front().is_some_and(|(at, _)| now.duration_since(*at) > REMEMBERED)
        {
            let Some((_, old)) = seen.order.pop_front() else { break };
            seen.marks.remove(&old);
        }
        if seen.marks.insert(mark) {
            seen.order.push_back((now, mark));
        }
    }
}

fn is_same(returned: &BasicReturnMessage, message: &Outgoing) -> bool {
    let id = |properties: &BasicProperties| properties.message_id().as_ref().map(ShortString::to_string);
    id(&returned.delivery.properties) == id(&message.properties)
        && returned.delivery.routing_key.as_str() == message.routing_key
}
