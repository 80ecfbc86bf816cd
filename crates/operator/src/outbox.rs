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

use bus::{Bus, Exchange, QueueSpec};
use domain::function::LambdaFunction;
use futures::{Stream, StreamExt, TryStreamExt};
use kube::{
    Api, Client, ResourceExt,
    runtime::{WatchStreamExt, watcher},
};
use tokio::{
    sync::OnceCell,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

/// Wait before a publish is tried again, doubled up to [`RETRY_MAX`].
const RETRY_FIRST: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(10);

/// Publishes pending events and remembers which were confirmed.
#[derive(Clone)]
pub(crate) struct Outbox {
    bus: Arc<dyn Bus>,
    declared: Arc<OnceCell<()>>,
    /// Highest confirmed sequence by uid, and when it was confirmed.
    confirmed: Arc<Mutex<HashMap<String, (i64, Instant)>>>,
}

impl Outbox {
    pub(crate) fn new(bus: Arc<dyn Bus>) -> Self {
        Self { bus, declared: Arc::default(), confirmed: Arc::default() }
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
        Box::pin(self.follow(watch, stop)).await;
    }

    async fn follow(
        self,
        watch: impl Stream<Item = watcher::Result<watcher::Event<LambdaFunction>>>,
        stop: CancellationToken,
    ) {
        let mut watch = std::pin::pin!(watch.take_until(stop.cancelled()));
        loop {
            match watch.try_next().await {
                // While the bus is away this does not end by itself.
                Ok(Some(event)) => match stop.run_until_cancelled(self.take(event)).await {
                    Some(()) => {}
                    None => return,
                },
                Ok(None) => return,
                Err(error) => tracing::warn!(%error, "the outbox lost its watch and makes it anew"),
            }
        }
    }

    /// The timeline's queue, once: what is published before it is there is confirmed and gone.
    async fn declare(&self) {
        let mut wait = RETRY_FIRST;
        while let Err(error) = self.bus.declare(QueueSpec::timeline()).await {
            tracing::warn!(%error, "the timeline's queue could not be declared and events wait");
            sleep(wait).await;
            wait = (wait * 2).min(RETRY_MAX);
        }
    }

    async fn take(&self, event: watcher::Event<LambdaFunction>) {
        match event {
            watcher::Event::Apply(function) | watcher::Event::InitApply(function) => {
                self.publish_pending(&function).await;
            }
            watcher::Event::Delete(function) => {
                self.publish_pending(&function).await;
                self.forget(&function.uid().unwrap_or_default());
            }
            watcher::Event::Init | watcher::Event::InitDone => {}
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
            self.declared.get_or_init(|| self.declare()).await;
            let mut wait = RETRY_FIRST;
            while let Err(error) = self.bus.publish(Exchange::Events, event).await {
                if error.is_permanent() {
                    // All functions of all tenants would wait behind it.
                    tracing::error!(%error, event.id = %event.id, function.name = %function.name_any(),
                        "an event can not be published and is left out");
                    break;
                }
                tracing::warn!(%error, event.id = %event.id, function.name = %function.name_any(),
                    "an event could not be published and is tried again");
                sleep(wait).await;
                wait = (wait * 2).min(RETRY_MAX);
            }
            self.note_confirmed(&uid, sequence);
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Timestamp,
        event::{CloudEvent, EventType},
        function::{FunctionSpec, FunctionStatus, Language, PendingEvent},
    };

    use super::*;

    /// With one event that waits for the bus.
    fn function() -> LambdaFunction {
        function_with(&[serde_json::json!({"generation": 1})])
    }

    /// With events that wait for the bus.
    fn function_with(data: &[serde_json::Value]) -> LambdaFunction {
        let mut function = LambdaFunction::new("hello", FunctionSpec::inline(Language::Python, "code", None));
        function.metadata.uid = Some("0b7c".to_owned());
        let (tenant, name) = ("acme".parse().unwrap(), "hello".parse().unwrap());
        let now = Timestamp::from_millis(1_000);
        let pending = |(sequence, data): (i64, &serde_json::Value)| {
            let (kind, id) = (EventType::FunctionDeleted, format!("0b7c-{sequence}"));
            let event = CloudEvent::about(kind, "operator", &tenant, &name, id, now, data);
            PendingEvent { event: event.with(domain::event::extension::SEQUENCE, sequence) }
        };
        let pending_events = (1..).zip(data).map(pending).collect();
        function.status = Some(FunctionStatus { pending_events, ..FunctionStatus::default() });
        function
    }

    #[tokio::test]
    async fn a_deleted_function_whose_events_the_bus_does_not_take_does_not_hold_up_the_shutdown() {
        let folder = tempfile::tempdir().unwrap();
        let bus = bus::open("embedded", folder.path()).await.unwrap();
        bus.close().await;
        let stop = CancellationToken::new();
        let events = futures::stream::iter([Ok(watcher::Event::Delete(function()))]);
        let (seen, taken) = tokio::sync::oneshot::channel();
        let watch = events.chain(futures::stream::pending());
        let mut seen = Some(seen);
        let watch = watch.inspect(move |_| {
            seen.take().unwrap().send(()).unwrap();
        });
        let following =
            tokio_util::task::TaskTracker::new().spawn(Outbox::new(bus).follow(watch, stop.clone()));
        taken.await.unwrap();
        stop.cancel();
        tokio::time::timeout(Duration::from_mins(1), following).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn an_event_that_no_bus_takes_held_up_those_of_everybody() {
        let folder = tempfile::tempdir().unwrap();
        let bus = bus::open("embedded", folder.path()).await.unwrap();
        let huge = serde_json::json!("x".repeat(domain::event::MAX_DATA_BYTES + 1));
        let function = function_with(&[huge, serde_json::json!({"generation": 2})]);
        let outbox = Outbox::new(bus.clone());
        // Of a fresh bus: the queue of the timeline is not there before the outbox makes it.
        let watch = futures::stream::iter([Ok(watcher::Event::Apply(function))]);
        let following = outbox.clone().follow(watch, CancellationToken::new());
        tokio::time::timeout(Duration::from_mins(1), following).await.unwrap();
        assert_eq!(outbox.confirmed("0b7c").map(|(sequence, _)| sequence), Some(2));
        let mut timeline = bus.consume(bus::name::TIMELINE, 1).await.unwrap();
        assert_eq!(timeline.next().await.unwrap().event.id, "0b7c-2");
    }
}
