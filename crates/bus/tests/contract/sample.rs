//! Events, queues and answers for the cases.

use std::time::Duration;

use bus::{Bus, Consumer, Delivery, Exchange, QueueSpec, QueueStats, Retry};
use domain::{Timestamp, deadletter::Attempt, event::CloudEvent};
use futures::StreamExt;

/// An event of `acme/<function>`.
pub(crate) fn event(id: &str, function: &str) -> CloudEvent {
    serde_json::from_value(serde_json::json!({
        "specversion": "1.0",
        "id": id,
        "source": "test",
        "type": "io.knative.lambda.lifecycle.build.started",
        "subject": format!("acme/{function}"),
        "data": {"n": id},
    }))
    .unwrap()
}

/// A queue bound to everything, with a quick backoff.
pub(crate) fn queue(name: &str) -> QueueSpec {
    let mut spec = QueueSpec::new(name).bind(Exchange::Events, "#".parse().unwrap());
    spec.retry = Retry { attempts: Some(3), delay_ms: 20 };
    spec
}

/// A failed try.
pub(crate) fn failure(reason: &str) -> Attempt {
    Attempt {
        number: 0,
        at: Timestamp::from_millis(1),
        status: Some(503),
        duration_ms: 1.0,
        reason: reason.to_owned(),
    }
}

/// The next delivery; fails after 10 s.
pub(crate) async fn next(consumer: &mut Consumer) -> Delivery {
    tokio::time::timeout(Duration::from_secs(10), consumer.next()).await.expect("a delivery").expect("open")
}

/// The next `n` deliveries.
pub(crate) async fn take(consumer: &mut Consumer, n: usize) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    while deliveries.len() < n {
        deliveries.push(next(consumer).await);
    }
    deliveries
}

/// Fails when anything is delivered. The bus answers in order, so that what it had to hand out is
/// in the channel once it has answered two calls.
pub(crate) async fn assert_nothing(bus: &dyn Bus, consumer: &mut Consumer) {
    for _ in 0..2 {
        bus.queues().await.unwrap();
    }
    let found = futures::poll!(consumer.next());
    assert!(found.is_pending(), "{found:?}");
}

/// Looks at a queue's figures until they are as wanted, as they may follow a moment later; fails after 10 s.
pub(crate) async fn figures(bus: &dyn Bus, name: &str, wanted: impl Fn(&QueueStats) -> bool) {
    let begun = std::time::Instant::now();
    loop {
        let seen = bus.queues().await.unwrap().into_iter().find(|queue| queue.name == name);
        if seen.as_ref().is_some_and(&wanted) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{name} has {seen:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The queue has so many messages, ready or not.
pub(crate) async fn holds(bus: &dyn Bus, name: &str, messages: u64) {
    figures(bus, name, |figures| figures.messages == messages).await;
}

/// Ids of deliveries.
pub(crate) fn ids(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.event.id.as_str()).collect()
}
