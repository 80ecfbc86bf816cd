//! From the tenants' dead-letter queues into the store, so that nothing waits unseen.

mod jobs;
mod replay;
mod runner;

pub(crate) use runner::Replays;

use std::{collections::HashMap, time::Duration};

use bus::{Delivery, QueueSpec};
use domain::{TenantName, event::extension, live::Change};
use futures::StreamExt;
use store::NewDeadLetter;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Platform, Result};

const PREFETCH: u16 = 50;
/// How often new tenants are looked for.
const LOOK: Duration = Duration::from_secs(5);

impl Platform {
    /// Keeps one consumer per tenant until `stop`.
    pub async fn run_dead_letters(self, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        let mut running: HashMap<TenantName, tokio::task::JoinHandle<()>> = HashMap::new();
        while !stop.is_cancelled() {
            running.retain(|_, task| !task.is_finished());
            for tenant in self.cache().tenants() {
                running
                    .entry(tenant.clone())
                    .or_insert_with(|| tasks.spawn(self.clone().keep_dead_letters(tenant, stop.clone())));
            }
            stop.run_until_cancelled(tokio::time::sleep(LOOK)).await;
        }
        tasks.close();
        tasks.wait().await;
    }

    async fn keep_dead_letters(self, tenant: TenantName, stop: CancellationToken) {
        let consume = async {
            let queue = bus::name::dead_letters(&tenant);
            self.bus().declare(QueueSpec::dead_letters(&queue)).await?;
            let consumer = self.bus().consume(&queue, PREFETCH).await?;
            let mut letters = std::pin::pin!(consumer.take_until(stop.cancelled_owned()));
            while let Some(delivery) = letters.next().await {
                self.keep_dead_letter(&tenant, delivery).await?;
            }
            Result::<()>::Ok(())
        };
        if let Err(error) = consume.await {
            tracing::error!(%error, tenant.name = %tenant, "dead letters wait in their queue");
        }
    }

    async fn keep_dead_letter(&self, tenant: &TenantName, delivery: Delivery) -> Result<()> {
        if let (Some(death), Some((_, function))) = (&delivery.death, delivery.event.target()) {
            let letter = NewDeadLetter {
                tenant: tenant.clone(),
                function,
                queue: death.queue.clone(),
                kind: death.kind,
                reason: death.reason.clone(),
                attempts: death.attempts.clone(),
                died_at: death.died_at,
                event: delivery.event.clone(),
            };
            self.store().append_dead_letter(&letter).await?;
            if let Some(job) = delivery.event.extension(extension::REPLAY_JOB) {
                self.store().note_died_again(tenant, job).await?;
            }
            self.live().tell(Change::DeadLetters { tenant: tenant.clone() });
        }
        Ok(delivery.ack().await?)
    }
}
