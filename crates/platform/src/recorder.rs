//! From the bus into the store: the timeline, acknowledged after the commit, then told to browsers.

use std::{collections::BTreeMap, time::Duration};

use bus::{Delivery, QueueSpec};
use domain::{
    BuildId, FunctionName, TenantName, Timestamp,
    deadletter::Attempt,
    event::{Category, CloudEvent, EventType},
    live::Change,
    log::LogTarget,
};
use futures::StreamExt;
use kube::ResourceExt;
use store::{Appended, NewEvent};
use tokio_util::sync::CancellationToken;

use crate::{
    Platform, Result,
    events::{is_own, tenant_of},
    summary::created_at,
};

/// Events per commit.
const AT_ONCE: usize = 100;
/// Events on their way: two commits.
const PREFETCH: u16 = 200;
/// Wait before the next try when the store or the bus failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Why an event is on no timeline: the word for the figures, and a sentence.
struct Aside(&'static str, String);

/// Whose an event is, when it can be kept: the door has looked at its own, but others publish to the bus, too.
fn owner(event: &CloudEvent) -> Result<TenantName, Aside> {
    event.check_attributes().map_err(|invalid| {
        let named: String = invalid.attribute.escape_debug().take(50).collect();
        Aside("invalid", format!("Its attribute {named} can not be taken. {invalid}"))
    })?;
    event.check_size().map_err(|large| Aside("too_large", large.to_string()))?;
    let nobody = "Nothing in it says whose it is: write <tenant>/<function> as its subject.";
    tenant_of(event).ok_or_else(|| Aside("nobody", nobody.to_owned()))
}

/// To the dead letters, counted.
async fn set_aside(delivery: Delivery, at: Timestamp, Aside(word, reason): Aside) -> Result<()> {
    metrics::counter!("knative_lambda_events_set_aside_total", "reason" => word).increment(1);
    tracing::warn!(event.source = ?delivery.event.source, reason, "an event is on no timeline");
    Ok(delivery.reject(Attempt { number: 0, at, status: None, duration_ms: 0.0, reason }).await?)
}

impl Platform {
    /// Records until `stop`; what was not committed comes again after a restart.
    pub async fn run_recorder(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.record_until(&stop).await {
                tracing::error!(%error, "the timeline is not recorded at the moment; trying again");
                stop.run_until_cancelled(tokio::time::sleep(PAUSE)).await;
            }
        }
    }

    async fn record_until(&self, stop: &CancellationToken) -> Result<()> {
        self.bus().declare(QueueSpec::timeline()).await?;
        let consumer = self.bus().consume(bus::name::TIMELINE, PREFETCH).await?;
        let mut batches = consumer.ready_chunks(AT_ONCE);
        while let Some(Some(batch)) = stop.run_until_cancelled(batches.next()).await {
            self.record(batch).await?;
        }
        Ok(())
    }

    async fn record(&self, batch: Vec<Delivery>) -> Result<()> {
        let now = self.now();
        let mut events = Vec::with_capacity(batch.len());
        let mut owned = Vec::with_capacity(batch.len());
        for delivery in batch {
            let event = delivery.event.clone();
            match owner(&event) {
                Ok(tenant) => {
                    let function = event.target().map(|(_, function)| function);
                    events.push(NewEvent { tenant, function, received_at: now, event });
                    owned.push(delivery);
                }
                Err(aside) => set_aside(delivery, now, aside).await?,
            }
        }
        // Before the commit: what is on the timeline was routed, also when the platform dies in between.
        self.route(&events).await?;
        let appended = self.append_batch(&mut events, &mut owned).await?;
        // Also of those that were there already: the platform may have died between the commit and this.
        for recorded in &events {
            self.follow_up(&recorded.tenant, recorded.function.as_ref(), &recorded.event).await?;
        }
        bus::ack_all(owned).await?;
        let mut newest: BTreeMap<TenantName, (Option<FunctionName>, i64)> = BTreeMap::new();
        for (recorded, appended) in events.iter().zip(&appended) {
            let entry = newest
                .entry(recorded.tenant.clone())
                .or_insert_with(|| (recorded.function.clone(), appended.position));
            if entry.0 != recorded.function {
                entry.0 = None;
            }
            entry.1 = entry.1.max(appended.position);
        }
        for (tenant, (function, position)) in newest {
            self.live().tell(Change::Events { tenant, function, position });
        }
        Ok(())
    }

    /// Into the store. What the database does not take is set aside, so that it does not hold up the rest.
    async fn append_batch(
        &self,
        events: &mut Vec<NewEvent>,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<Vec<Appended>> {
        match self.store().append_events(events).await {
            Err(store::Error::Refused(_)) => {}
            other => return Ok(other?),
        }
        let mut appended = Vec::with_capacity(events.len());
        for (event, delivery) in std::mem::take(events).into_iter().zip(std::mem::take(deliveries)) {
            match self.store().append_events(std::slice::from_ref(&event)).await {
                Err(store::Error::Refused(cause)) => {
                    tracing::error!(%cause, "the database does not take an event");
                    let reason = "The database does not take this event.".to_owned();
                    set_aside(delivery, self.now(), Aside("database", reason)).await?;
                }
                done => {
                    appended.extend(done?);
                    events.push(event);
                    deliveries.push(delivery);
                }
            }
        }
        Ok(appended)
    }

    /// What an event of the platform means for the other rows; those of users are only kept.
    async fn follow_up(
        &self,
        tenant: &TenantName,
        function: Option<&FunctionName>,
        event: &CloudEvent,
    ) -> Result<()> {
        if !is_own(event) {
            return Ok(());
        }
        match (event.event_type(), function) {
            (Some(EventType::FunctionDeleted), Some(function)) => {
                self.forget_function(tenant, function).await
            }
            (Some(kind), _) if kind.category() == Category::Build => self.note_build_event(event).await,
            _ => Ok(()),
        }
    }

    /// Rows of a function that is gone; its events stay. A new one of the same name keeps what is its own.
    async fn forget_function(&self, tenant: &TenantName, function: &FunctionName) -> Result<()> {
        let new = self.cache().function(tenant, function);
        let new = new.filter(|function| function.metadata.deletion_timestamp.is_none());
        let uid = new.as_ref().and_then(|new| new.uid());
        let of_new = |id: &BuildId| uid.as_ref().is_some_and(|uid| id.is_of(uid));
        for build in self.store().delete_builds(tenant, function, &of_new).await? {
            self.store().delete_log(tenant, &LogTarget::Build(build)).await?;
        }
        let log = LogTarget::Function(function.clone());
        let Some(new) = new else {
            self.store().delete_log(tenant, &log).await?;
            return Ok(self.store().delete_saved_tests(tenant, function).await?);
        };
        let since = created_at(&new);
        self.store().cut_log(tenant, &log, since).await?;
        for test in self.store().list_saved_tests(tenant, function).await? {
            if test.saved_at < since {
                self.store().delete_saved_test(tenant, function, &test.name).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn aside(more: Value) -> Option<&'static str> {
        let mut event =
            json!({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "subject": "acme/f"});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        owner(&serde_json::from_value(event).unwrap()).err().map(|Aside(word, _)| word)
    }

    #[test]
    fn an_event_that_no_door_looked_at_could_stop_the_timeline() {
        assert_eq!(aside(json!({})), None);
        assert_eq!(aside(json!({"id": "a\u{0}b"})), Some("invalid"));
        assert_eq!(aside(json!({"nested": {"a": 1}})), Some("invalid"));
        assert_eq!(aside(json!({"data": "x".repeat(2 * 1024 * 1024)})), Some("too_large"));
        assert_eq!(aside(json!({"subject": "elsewhere"})), Some("nobody"));
    }
}
