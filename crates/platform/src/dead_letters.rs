//! From the dead-letter queues into the store, so that nothing waits unseen.

mod jobs;
mod replay;
mod runner;

pub(crate) use runner::Replays;

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use bus::{Death, Delivery, QueueSpec};
use domain::{
    TenantName,
    deadletter::FailureKind,
    event::{CloudEvent, extension},
    live::Change,
    tenant::NOBODY,
};
use futures::StreamExt;
use sha2::{Digest, Sha256};
use store::NewDeadLetter;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Error, Platform, Result, events::tenant_of};

const PREFETCH: u16 = 50;
/// How often new tenants are looked for.
const LOOK: Duration = Duration::from_secs(5);
/// Type and source of an event that carries another one that can not be stored as it is.
const MALFORMED: &str = "cloudevent.malformed";
const MALFORMED_SOURCE: &str = "knative-lambda:dead-letters";

impl Platform {
    /// Keeps one consumer per dead-letter queue until `stop`.
    pub async fn run_dead_letters(self, stop: CancellationToken) {
        let tasks = TaskTracker::new();
        let mut running: HashMap<String, tokio::task::JoinHandle<()>> = HashMap::new();
        while !stop.is_cancelled() {
            running.retain(|_, task| !task.is_finished());
            let owned = self.cache().tenants().into_iter().map(|tenant| bus::name::dead_letters(&tenant));
            let unowned = [bus::name::DEAD_LETTERS_UNOWNED.to_owned()];
            for queue in owned.chain(unowned).chain(self.orphans().await) {
                running
                    .entry(queue.clone())
                    .or_insert_with(|| tasks.spawn(self.clone().keep_dead_letters(queue, stop.clone())));
            }
            stop.run_until_cancelled(tokio::time::sleep(LOOK)).await;
        }
        tasks.close();
        tasks.wait().await;
    }

    /// Queues of tenants that are not there (any more): an event may name any, and nobody else takes its letters.
    async fn orphans(&self) -> Vec<String> {
        let queues = self.bus().queues().await.unwrap_or_default().into_iter().map(|queue| queue.name);
        queues.filter(|queue| bus::name::mourner(queue).is_some()).collect()
    }

    /// Whose letters of this queue are.
    fn home(&self, queue: &str) -> TenantName {
        let tenant = bus::name::mourner(queue).flatten();
        tenant.filter(|tenant| self.cache().tenant(tenant).is_some()).unwrap_or_else(nobody)
    }

    async fn keep_dead_letters(self, queue: String, stop: CancellationToken) {
        let consume = async {
            if self.home(&queue) != nobody() || queue == bus::name::DEAD_LETTERS_UNOWNED {
                self.bus().declare(QueueSpec::dead_letters(&queue)).await?;
            }
            let consumer = self.bus().consume(&queue, PREFETCH).await?;
            let mut letters = std::pin::pin!(consumer.take_until(stop.cancelled_owned()));
            while let Some(delivery) = letters.next().await {
                self.keep_dead_letter(&queue, delivery).await?;
            }
            Result::<()>::Ok(())
        };
        if let Err(error) = consume.await {
            tracing::error!(%error, queue.name = queue, "dead letters wait in their queue");
        }
    }

    async fn keep_dead_letter(&self, queue: &str, delivery: Delivery) -> Result<()> {
        let event = &delivery.event;
        let named = tenant_of(event).filter(|tenant| self.cache().tenant(tenant).is_some());
        let tenant = match named {
            Some(tenant) if queue == bus::name::DEAD_LETTERS_UNOWNED => tenant,
            _ => self.home(queue),
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
        self.append_letter(letter).await?;
        if let Some(job) = event.extension(extension::REPLAY_JOB) {
            self.store().note_died_again(&tenant, job).await?;
        }
        self.live().tell(Change::DeadLetters { tenant });
        Ok(delivery.ack().await?)
    }

    /// Into the store; an event that no table takes as it is becomes a letter that carries it as text, so that
    /// those behind it do not wait for ever.
    async fn append_letter(&self, letter: NewDeadLetter) -> Result<()> {
        if letter.event.check_attributes().is_ok() {
            match self.store().append_dead_letter(&letter).await {
                Err(store::Error::Refused(cause)) => {
                    tracing::warn!(%cause, "a dead letter is kept as text");
                }
                done => return Ok(done.map(drop)?),
            }
        }
        let event = as_text(&letter.event)?;
        self.store().append_dead_letter(&NewDeadLetter { event, ..letter }).await?;
        Ok(())
    }
}

/// Whose letters of nobody are.
fn nobody() -> TenantName {
    NOBODY.parse().expect("lower-case letters and a hyphen are a tenant name")
}

/// An event with attributes that can be stored, whose data is the other event. The same event gives the same one.
fn as_text(event: &CloudEvent) -> Result<CloudEvent> {
    let text = serde_json::to_string(event).map_err(Error::internal)?;
    let replays = event.extensions.get(extension::REPLAY_COUNT).filter(|count| count.is_number());
    let kept = CloudEvent {
        specversion: "1.0".to_owned(),
        id: hex::encode(Sha256::digest(&text)),
        source: MALFORMED_SOURCE.to_owned(),
        kind: MALFORMED.to_owned(),
        subject: None,
        time: None,
        datacontenttype: Some("application/cloudevents+json".to_owned()),
        dataschema: None,
        data: Some(text.into()),
        data_base64: None,
        extensions: BTreeMap::new(),
    };
    Ok(match replays {
        Some(count) => kept.with(extension::REPLAY_COUNT, count.clone()),
        None => kept,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_with_attributes_that_no_table_takes_is_kept_whole_as_text() {
        let event = json!({"specversion": "1.0", "id": "a\u{0}b", "source": "s".repeat(5000), "type": "t"});
        let event: CloudEvent = serde_json::from_value(event).unwrap();
        let kept = as_text(&event).unwrap();
        kept.check_attributes().unwrap();
        let text = kept.data.as_ref().and_then(|data| data.as_str()).unwrap();
        assert_eq!(serde_json::from_str::<CloudEvent>(text).unwrap(), event);
        assert_eq!(as_text(&event).unwrap(), kept, "and once");
    }
}
