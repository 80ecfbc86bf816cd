//! Acknowledgement, prefetch and redelivery.

use bus::{Bus, Error, Exchange, QueueSpec};
use futures::StreamExt;

use super::sample::{assert_nothing, event, failure, figures, holds, ids, next, queue, take};

async fn filled(bus: &dyn Bus, count: usize) {
    bus.declare(queue("q")).await.unwrap();
    for n in 1..=count {
        bus.publish(Exchange::Events, &event(&n.to_string(), "f")).await.unwrap();
    }
}

pub(crate) async fn prefetch_bounds_what_is_unanswered(bus: &dyn Bus) {
    filled(bus, 5).await;
    let mut consumer = bus.consume("q", 2).await.unwrap();
    let mut held = take(&mut consumer, 2).await;
    assert_nothing(bus, &mut consumer).await;
    held.remove(0).ack().await.unwrap();
    assert_eq!(next(&mut consumer).await.event.id, "3");
}

pub(crate) async fn what_a_dropped_consumer_had_is_delivered_again_and_says_so(bus: &dyn Bus) {
    filled(bus, 3).await;
    let mut consumer = bus.consume("q", 2).await.unwrap();
    let first = next(&mut consumer).await;
    assert!(!first.redelivered);
    drop((consumer, first));
    let mut consumer = bus.consume("q", 3).await.unwrap();
    let again = take(&mut consumer, 3).await;
    let mut seen: Vec<_> = again.iter().map(|d| (d.event.id.as_str(), d.redelivered)).collect();
    seen.sort_unstable();
    assert_eq!((seen[0], seen[1].0, seen[2].0), (("1", true), "2", "3"));
}

pub(crate) async fn what_was_acknowledged_does_not_come_again(bus: &dyn Bus) {
    filled(bus, 2).await;
    let mut consumer = bus.consume("q", 1).await.unwrap();
    next(&mut consumer).await.ack().await.unwrap();
    drop(consumer);
    let mut consumer = bus.consume("q", 5).await.unwrap();
    let second = next(&mut consumer).await;
    assert_eq!(second.event.id, "2");
    assert_nothing(bus, &mut consumer).await;
}

pub(crate) async fn consumers_share_a_queue(bus: &dyn Bus) {
    filled(bus, 4).await;
    let mut one = bus.consume("q", 2).await.unwrap();
    let held = take(&mut one, 2).await;
    let mut two = bus.consume("q", 2).await.unwrap();
    assert_eq!(ids(&take(&mut two, 2).await), ["3", "4"]);
    assert_eq!(ids(&held), ["1", "2"]);
    figures(bus, "q", |seen| seen.consumers == 2).await;
}

pub(crate) async fn a_queue_declared_again_keeps_its_messages_and_takes_the_new_bindings(bus: &dyn Bus) {
    filled(bus, 1).await;
    bus.declare(QueueSpec::new("q").bind(Exchange::Commands, "#".parse().unwrap())).await.unwrap();
    bus.publish(Exchange::Events, &event("2", "f")).await.unwrap();
    bus.publish(Exchange::Commands, &event("3", "f")).await.unwrap();
    let mut consumer = bus.consume("q", 5).await.unwrap();
    let held = take(&mut consumer, 2).await;
    assert_eq!(ids(&held), ["1", "3"]);
    assert_nothing(bus, &mut consumer).await;
}

pub(crate) async fn a_deleted_queue_ends_its_consumers(bus: &dyn Bus) {
    filled(bus, 2).await;
    let mut consumer = bus.consume("q", 1).await.unwrap();
    let held = next(&mut consumer).await;
    bus.delete_queue("q").await.unwrap();
    assert!(consumer.next().await.is_none());
    held.ack().await.unwrap();
    assert!(bus.queues().await.unwrap().is_empty());
    bus.declare(queue("q")).await.unwrap();
    holds(bus, "q", 0).await;
    bus.publish_to("q", &event("1", "f")).await.unwrap();
    holds(bus, "q", 1).await;
}

pub(crate) async fn figures_tell_what_is_ready_unanswered_and_waiting(bus: &dyn Bus) {
    filled(bus, 4).await;
    let mut spec = queue("q");
    spec.retry.delay_ms = 60_000;
    bus.declare(spec).await.unwrap();
    let mut consumer = bus.consume("q", 3).await.unwrap();
    let mut held = take(&mut consumer, 3).await;
    held.remove(0).retry(failure("busy")).await.unwrap();
    let held_too = next(&mut consumer).await;
    figures(bus, "q", |seen| (seen.messages, seen.unacked, seen.waiting, seen.consumers) == (4, 3, 1, 1))
        .await;
    figures(bus, "q", |seen| seen.oldest.is_some_and(|at| at.as_millis() > 0)).await;
    drop((held, held_too));
}

pub(crate) async fn a_closed_bus_says_so(bus: &dyn Bus) {
    filled(bus, 1).await;
    let mut consumer = bus.consume("q", 1).await.unwrap();
    let held = next(&mut consumer).await;
    bus.close().await;
    assert!(consumer.next().await.is_none());
    assert!(matches!(held.ack().await, Err(Error::Closed)));
    assert!(matches!(bus.publish(Exchange::Events, &event("2", "f")).await, Err(Error::Closed)));
}
