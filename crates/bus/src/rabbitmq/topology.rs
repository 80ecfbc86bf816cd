//! Exchanges, queues and bindings as RabbitMQ has them; declared as often as needed, never deleted to be
//! declared otherwise.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use lapin::{
    Channel, Connection, ErrorKind, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions, QueueDeleteOptions},
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::{AMQPValue, FieldTable, ShortString},
};

use super::link::{Link, sentence};
use crate::{Error, Exchange, Ordering, QueueSpec, Result};

/// Deliveries after which RabbitMQ itself gives an event up: a net below the attempts that consumers count,
/// because arguments of a queue can not be changed and the attempts of a function can.
const DELIVERY_LIMIT: i64 = 200;
/// For queues that are tried for ever; newer versions have a limit when none is given.
const NO_LIMIT: i64 = 1_000_000_000;

/// What this process declared, so that it can be restored.
#[derive(Debug, Clone)]
pub(super) struct Topology {
    link: Link,
    known: Arc<Mutex<BTreeMap<String, QueueSpec>>>,
}

impl Topology {
    pub(super) fn new(link: Link) -> Self {
        Self { link, known: Arc::default() }
    }

    pub(super) fn known(&self) -> BTreeMap<String, QueueSpec> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn spec(&self, queue: &str) -> Option<QueueSpec> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(queue).cloned()
    }

    /// Makes the queue, or checks that it is as it should be; takes bindings away that it had before.
    pub(super) async fn declare(&self, spec: QueueSpec) -> Result<()> {
        let channel = self.channel().await?;
        declare(&channel, &spec).await?;
        if let Some(before) = self.spec(&spec.name) {
            for old in before.bindings.iter().filter(|old| !spec.bindings.contains(old)) {
                channel
                    .queue_unbind(
                        short(&spec.name)?,
                        old.exchange.as_str().into(),
                        short(&old.pattern.to_string())?,
                        FieldTable::default(),
                    )
                    .await
                    .map_err(failed)?;
            }
        }
        close(channel).await;
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(spec.name.clone(), spec);
        Ok(())
    }

    pub(super) async fn delete(&self, queue: &str) -> Result<()> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(queue);
        let channel = self.channel().await?;
        if let Err(error) = channel.queue_delete(short(queue)?, QueueDeleteOptions::default()).await {
            if let Some(spec) = known {
                self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(spec.name.clone(), spec);
            }
            return Err(failed(error));
        }
        close(channel).await;
        Ok(())
    }

    /// Messages ready and consumers; none when there is no such queue.
    pub(super) async fn look(&self, queue: &str) -> Result<Option<(u64, u32)>> {
        let channel = self.channel().await?;
        let passive = QueueDeclareOptions::durable().passive();
        match channel.queue_declare(short(queue)?, passive, FieldTable::default()).await {
            Ok(found) => {
                close(channel).await;
                Ok(Some((found.message_count().into(), found.consumer_count())))
            }
            Err(error) if refused(&error) == Some(&AMQPSoftError::NOTFOUND) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// Everything that was declared, on a connection that is new.
    pub(super) async fn restore(&self, connection: &Connection) -> Result<()> {
        let channel = connection.create_channel().await.map_err(failed)?;
        exchanges(&channel).await?;
        close(channel).await;
        for spec in self.known().into_values() {
            // A refused declaration closes its channel, so each has one of its own.
            let channel = connection.create_channel().await.map_err(failed)?;
            match declare(&channel, &spec).await {
                Ok(()) => close(channel).await,
                Err(error @ Error::Invalid(_)) => tracing::error!(%error, "a queue is not as it should be"),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn channel(&self) -> Result<Channel> {
        self.link.up().await?.create_channel().await.map_err(failed)
    }
}

pub(super) async fn close(channel: Channel) {
    // It may be closed already; what was done on it is confirmed.
    let _ = channel.close(200, "done".into()).await;
}

async fn exchanges(channel: &Channel) -> Result<()> {
    for exchange in [Exchange::Events, Exchange::Commands] {
        let options = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let name = exchange.as_str();
        channel
            .exchange_declare(name.into(), ExchangeKind::Topic, options, FieldTable::default())
            .await
            .map_err(|error| match refused(&error) {
                Some(AMQPSoftError::PRECONDITIONFAILED) => Error::Invalid(format!(
                    "The exchange {name} exists in RabbitMQ with other settings than durable and topic. Delete or \
                     rename it there, or use another virtual host."
                )),
                _ => failed(error),
            })?;
    }
    Ok(())
}

pub(super) async fn declare(channel: &Channel, spec: &QueueSpec) -> Result<()> {
    let name = short(&spec.name)?;
    channel.queue_declare(name.clone(), QueueDeclareOptions::durable(), arguments(spec)).await.map_err(|error| {
        match refused(&error) {
            Some(AMQPSoftError::PRECONDITIONFAILED) => Error::Invalid(format!(
                "The queue {name} exists in RabbitMQ with other settings ({}). It is left as it is: empty and \
                 delete it there, or use another virtual host.",
                sentence(&error)
            )),
            _ => failed(error),
        }
    })?;
    for binding in &spec.bindings {
        let pattern = short(&binding.pattern.to_string())?;
        channel
            .queue_bind(
                name.clone(),
                binding.exchange.as_str().into(),
                pattern,
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .map_err(failed)?;
    }
    Ok(())
}

fn arguments(spec: &QueueSpec) -> FieldTable {
    let text = |value: &str| AMQPValue::LongString(value.into());
    let mut arguments = BTreeMap::from([
        ("x-queue-type", text("quorum")),
        ("x-overflow", text("reject-publish")),
        (
            "x-delivery-limit",
            AMQPValue::LongLongInt(spec.retry.attempts.map_or(NO_LIMIT, |_| DELIVERY_LIMIT)),
        ),
    ]);
    // Also where RabbitMQ itself puts what it gives up, or what is no event.
    if let Some(target) = spec.grave(None) {
        arguments.insert("x-dead-letter-exchange", text(""));
        arguments.insert("x-dead-letter-routing-key", text(&target));
        arguments.insert("x-dead-letter-strategy", text("at-least-once"));
    }
    if let Some(most) = spec.max_length {
        arguments.insert("x-max-length", AMQPValue::LongLongInt(i64::try_from(most).unwrap_or(i64::MAX)));
    }
    if let Some(ttl) = spec.message_ttl_ms {
        arguments.insert("x-message-ttl", AMQPValue::LongLongInt(ttl));
    }
    if spec.ordering == Ordering::PerFunction {
        // Order across processes: only one of them consumes at a time.
        arguments.insert("x-single-active-consumer", AMQPValue::Boolean(true));
    }
    arguments.into_iter().map(|(key, value)| (key.into(), value)).collect::<BTreeMap<ShortString, _>>().into()
}

/// Which rule a request broke, when the server said so.
pub(super) fn refused(error: &lapin::Error) -> Option<&AMQPSoftError> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => match error.kind() {
            AMQPErrorKind::Soft(rule) => Some(rule),
            AMQPErrorKind::Hard(_) => None,
        },
        _ => None,
    }
}

pub(super) fn failed(error: lapin::Error) -> Error {
    Error::Unreachable(sentence(&error))
}

/// A name as AMQP allows it.
pub(super) fn short(text: &str) -> Result<ShortString> {
    ShortString::try_new(text).map_err(|_| {
        Error::Invalid(format!(
            "\"{}…\" is longer than the 255 bytes that RabbitMQ allows.",
            text.chars().take(60).collect::<String>()
        ))
    })
}
