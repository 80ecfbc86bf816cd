//! The AMQP consumer of a queue: begun, lost, widened and given up.

use std::time::Duration;

use futures::{FutureExt, StreamExt, future::BoxFuture};
use lapin::{
    options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    super::{
        consumer::Raw,
        slot::Tag,
        topology::{self, failed, short},
    },
    AHEAD, QueueTask, Subscription,
};
use crate::Result;

impl QueueTask {
    /// Declares the queue when this process knows it, and begins to take from it; none when it is gone.
    pub(super) fn subscribe(&self) -> BoxFuture<'static, Result<Option<Subscription>>> {
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

    pub(super) fn subscribed(&mut self, outcome: Result<Option<Subscription>>) {
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

    /// The channel is gone, and with it the right to answer: RabbitMQ delivers again what was not answered.
    pub(super) fn lost(&mut self) {
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

    pub(super) fn add(&mut self, taker: u64, prefetch: u16, outbox: UnboundedSender<Raw>) {
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

    pub(super) fn cancel(&mut self, taker: u64) {
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
    pub(super) fn retire(&mut self, tags: Vec<Tag>) {
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
}
