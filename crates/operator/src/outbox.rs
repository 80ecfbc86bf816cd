//! The outbox: `status.pendingEvents` onto the bus, in order, each until it is confirmed.
//!
//! Publishing is apart from reconciling, so that a broker that is away delays events and nothing else.
//! The reconcile takes confirmed events out with its next status write. An event that was confirmed and
//! not yet taken out when the operator stopped is published again; its id makes it a duplicate.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bus::{Bus, Exchange};
use domain::function::LambdaFunction;
use futures::{StreamExt, TryStreamExt};
use kube::{
    Api, Client, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

/// Wait before a publish is tried again, doubled up to [`RETRY_MAX`].
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(10);

/// Publishes pending events and remembers which were confirmed.
#[derive(Clone)]
pub(crate) struct Outbox {
    bus: Arc<dyn Bus>,
    /// Highest confirmed sequence by uid, and when it was confirmed.
    confirmed: Arc<Mutex<HashMap<String, (i64, Instant)>>>,
}

impl Outbox {
    pub(crate) fn new(bus: Arc<dyn Bus>) -> Self {
        Self { bus, confirmed: Arc::default() }
    }

    /// Highest sequence of the function `uid` that the bus has confirmed, and how long ago.
    pub(crate) fn confirmed(&self, uid: &str) -> Option<(i64, Duration)> {
        let confirmed = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        confirmed.get(uid).map(|(sequence, at)| (*sequence, at.elapsed()))
    }

    fn note_confirmed(&self, uid: &str, sequence: i64) {
        let mut confirmed = self.confirmed.lock().unwrap_or_else(PoisonError::into_inner);
        confirmed.insert(uid.to_owned(), (sequence, Instant::now()));
    }

    fn forget(&self, uid: &str) {
        self.confirmed.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }

    /// Watches all functions until `stop`.
    pub(crate) async fn run(self, client: Client, stop: CancellationToken) {
        let functions = Api::<LambdaFunction>::all(client);
        let watch = watcher(functions, watcher::Config::default()).default_backoff();
        let mut watch = std::pin::pin!(watch.take_until(stop.cancelled()));
        loop {
            match watch.try_next().await {
                Ok(Some(watcher::Event::Apply(function) | watcher::Event::InitApply(function))) => {
                    tokio::select! {
                        () = self.publish_pending(&function) => {}
                        () = stop.cancelled() => return,
                    }
                }
                Ok(Some(watcher::Event::Delete(function))) => {
                    self.publish_pending(&function).await;
                    self.forget(&function.uid().unwrap_or_default());
                }
                Ok(Some(watcher::Event::Init | watcher::Event::InitDone)) => {}
                Ok(None) => return,
                Err(error) => tracing::warn!(%error, "the outbox lost its watch and makes it anew"),
            }
        }
    }

    /// Publishes what is newer than the last confirm; waits while the bus is away, because a later
    /// event must never overtake an earlier one.
    async fn publish_pending(&self, function: &LambdaFunction) {
        let Some(uid) = function.uid() else { return };
        let confirmed = self.confirmed(&uid).map_or(0, |(sequence, _)| sequence);
        let pending = function.status.iter().flat_map(|status| &status.pending_events);
        for event in pending.map(|pending| &pending.event) {
            let sequence = event.sequence().unwrap_or_default();
            if sequence <= confirmed {
                continue;
            }
            let mut wait = RETRY_FIRST;
            while let Err(error) = self.bus.publish(Exchange::Events, event).await {
                tracing::warn!(%error, event.id = %event.id, function.name = %function.name_any(),
                    "an event could not be published and is tried again");
                sleep(wait).await;
                wait = (wait * 2).min(RETRY_MAX);
            }
            self.note_confirmed(&uid, sequence);
        }
    }
}
