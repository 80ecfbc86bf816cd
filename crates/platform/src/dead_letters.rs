//! From the dead-letter queues into the store, so that nothing waits unseen.

mod jobs;
mod replay;
mod runner;

pub(crate) use runner::Replays;

use std::{collections::HashMap, time::Duration};

use bus::{Death, Delivery, QueueSpec};
use domain::{TenantName, deadletter::FailureKind, event::extension, live::Change};
use futures::StreamExt;
use store::NewDeadLetter;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Platform, Result, events::tenant_of};

const PREFETCH: u16 = 50;
/// How often new tenants are looked for.
const LOOK: Duration = Duration::from_secs(5);

/// Tenant that keeps what is nobody's: that of the first start. Without it such letters wait in their queue.
const HOME: &str = "default";

impl Platform {
    /// Keeps one consumer per dead-letter queue until `stop`.
    pub async fn run_dead_letters(self, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        let mut running: HashMap<String, tokio::task::JoinHandle<()>> = HashMap::new();
        while !stop.is_cancelled() {
            running.retain(|_, task| !task.is_finished());
            for tenant in self.cache().tenants() {
                let unowned = (tenant.as_str() == HOME).then(|| bus::name::DEAD_LETTERS_UNOWNED.to_owned());
                for queue in unowned.into_iter().chain([bus::name::dead_letters(&tenant)]) {
                    running.entry(queue.clone()).or_insert_with(|| {
                        tasks.spawn(self.clone().keep_dead_letters(queue, tenant.clone(), stop.clone()))
                    });
                }
            }
            stop.run_until_cancelled(tokio::time::sleep(LOOK)).await;
        }
        tasks.close();
        tasks.wait().await;
    }

    async fn keep_dead_letters(self, queue: String, tenant: TenantName, stop: CancellationToken) {
        let consume = async {
            self.bus().declare(QueueSpec::dead_letters(&queue)).await?;
            let consumer = self.bus().consume(&queue, PREFETCH).await?;
            let mut letters = std::pin::pin!(consumer.take_until(stop.cancelled_owned()));
            while let Some(delivery) = letters.next().await {
                self.keep_dead_letter(&queue, &tenant, delivery).await?;
            }
            Result::<()>::Ok(())
        };
        if let Err(error) = consume.await {
            tracing::error!(%error, queue.name = queue, "dead letters wait in their queue");
        }
    }

    async fn keep_dead_letter(&self, queue: &str, home: &TenantName, delivery: Delivery) -> Result<()> {
        let event = &delivery.event;
        let named = tenant_of(event).filter(|tenant| self.cache().tenant(tenant).is_some());
        let tenant = match named {
            Some(tenant) if queue == bus::name::DEAD_LETTERS_UNOWNED => tenant,
            _ => home.clone(),
        };
        // Whose queue it died in says more than the subject: a trigger may take events about another function.
        let died_in = delivery.death.as_ref().and_then(|death| bus::name::owner(&death.queue));
        let function =
            died_in.or_else(|| event.target()).filter(|(of, _)| *of == tenant).map(|(_, function)| function);
        let death = delivery.death.clone().unwrap_or_else(|| Death {
            queue: function
                .as_ref()
                .map_or(queue.to_owned(), |function| bus::name::function(&tenant, function)),
            kind: FailureKind::Permanent,
            reason: "Somebody put it among the dead letters.".to_owned(),
            attempts: Vec::new(),
            died_at: self.now(),
        });
        let letter = NewDeadLetter {
            tenant: tenant.clone(),
            function,
            queue: death.queue,
            kind: death.kind,
            reason: death.reason,
            attempts: death.attempts,
            died_at: death.died_at,
            event: event.clone(),
        };
        self.store().append_dead_letter(&letter).await?;
        if let Some(job) = event.extension(extension::REPLAY_JOB) {
            self.store().note_died_again(&tenant, job).await?;
        }
        self.live().tell(Change::DeadLetters { tenant });
        Ok(delivery.ack().await?)
    }
}
