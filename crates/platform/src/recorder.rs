//! From the bus into the store: the timeline, acknowledged after the commit, then told to browsers.

use std::{collections::BTreeMap, time::Duration};

use bus::{Delivery, QueueSpec};
use domain::{
    FunctionName, TenantName, Timestamp,
    deadletter::Attempt,
    event::{Category, CloudEvent, EventType},
    live::Change,
    log::LogTarget,
};
use futures::StreamExt;
use store::NewEvent;
use tokio_util::sync::CancellationToken;

use crate::{
    Platform, Result,
    events::{is_own, tenant_of},
};

/// Events per commit.
const AT_ONCE: usize = 100;
/// Events on their way: two commits.
const PREFETCH: u16 = 200;
/// Wait before the next try when the store or the bus failed.
const PAUSE: Duration = Duration::from_secs(1);

/// Why an event is on no timeline.
fn without_tenant(at: Timestamp) -> Attempt {
    let reason = "Nothing in it says whose it is: write <tenant>/<function> as its subject.".to_owned();
    Attempt { number: 0, at, status: None, duration_ms: 0.0, reason }
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
            let Some(tenant) = tenant_of(&event) else {
                // The door names a tenant; this came over the bus, from somebody else.
                delivery.reject(without_tenant(now)).await?;
                continue;
            };
            let function = event.target().map(|(_, function)| function);
            events.push(NewEvent { tenant, function, received_at: now, event });
            owned.push(delivery);
        }
        // Before the commit: what is on the timeline was routed, also when the platform dies in between.
        self.route(&events).await?;
        let appended = self.store().append_events(&events).await?;
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

    /// Rows of a function that is gone; its events stay.
    async fn forget_function(&self, tenant: &TenantName, function: &FunctionName) -> Result<()> {
        if self.cache().function(tenant, function).is_some_and(|f| f.metadata.deletion_timestamp.is_none()) {
            // There is a new one of the same name already.
            return Ok(());
        }
        for build in self.store().delete_builds(tenant, function).await? {
            self.store().delete_log(tenant, &LogTarget::Build(build)).await?;
        }
        self.store().delete_log(tenant, &LogTarget::Function(function.clone())).await?;
        self.store().delete_saved_tests(tenant, function).await?;
        Ok(())
    }
}
