//! Failed tries and dead letters.

use bus::{Bus, DeadLetters, Exchange, QueueSpec};
use domain::deadletter::FailureKind;

use super::sample::{assert_nothing, event, failure, holds, next, queue};

pub(crate) async fn a_failed_event_is_tried_as_often_as_the_queue_says_and_then_dead(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    let mut consumer = bus.consume("q", 1).await.unwrap();
    bus.publish(Exchange::Events, &event("1", "f")).await.unwrap();
    for attempt in 1..=3 {
        let delivery = next(&mut consumer).await;
        assert_eq!((delivery.attempt, delivery.last), (attempt, attempt == 3));
        delivery.retry(failure(&format!("busy {attempt}"))).await.unwrap();
    }
    holds(bus, "q", 0).await;
    let mut dead = bus.consume("dlq.acme", 1).await.unwrap();
    let letter = next(&mut dead).await;
    assert_eq!(letter.event, event("1", "f"));
    let death = letter.death.clone().expect("a death");
    assert_eq!((death.queue.as_str(), death.kind), ("q", FailureKind::Transient));
    assert_eq!(death.reason, "busy 3");
    let tries: Vec<_> = death.attempts.iter().map(|a| (a.number, a.reason.as_str())).collect();
    assert_eq!(tries, [(1, "busy 1"), (2, "busy 2"), (3, "busy 3")]);
}

pub(crate) async fn a_permanent_failure_is_dead_at_once(bus: &dyn Bus) {
    let mut spec = queue("q");
    spec.dead_letters = DeadLetters::Queue("grave".to_owned());
    bus.declare(spec).await.unwrap();
    let mut consumer = bus.consume("q", 1).await.unwrap();
    bus.publish(Exchange::Events, &event("1", "f")).await.unwrap();
    next(&mut consumer).await.reject(failure("bad")).await.unwrap();
    assert_nothing(bus, &mut consumer).await;
    let mut dead = bus.consume("grave", 1).await.unwrap();
    assert_eq!(next(&mut dead).await.death.unwrap().kind, FailureKind::Permanent);
}

pub(crate) async fn an_event_that_kills_every_consumer_is_dead_in_the_end(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    bus.publish(Exchange::Events, &event("1", "f")).await.unwrap();
    for _ in 0..4 {
        let mut consumer = bus.consume("q", 1).await.unwrap();
        drop((next(&mut consumer).await, consumer));
    }
    holds(bus, "q", 0).await;
    holds(bus, "dlq.acme", 1).await;
}

pub(crate) async fn a_dead_letter_can_be_replayed_within_the_day(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    let mut consumer = bus.consume("q", 1).await.unwrap();
    bus.publish_to("q", &event("1", "f")).await.unwrap();
    next(&mut consumer).await.reject(failure("bad")).await.unwrap();
    bus.publish_to("q", &event("1", "f")).await.unwrap();
    next(&mut consumer).await.ack().await.unwrap();
    bus.publish_to("q", &event("1", "f")).await.unwrap();
    assert_nothing(bus, &mut consumer).await;
}

pub(crate) async fn a_dead_letter_waits_while_its_queue_is_full(bus: &dyn Bus) {
    bus.declare(QueueSpec { max_length: Some(1), ..QueueSpec::dead_letters("dlq.acme") }).await.unwrap();
    bus.declare(queue("q")).await.unwrap();
    let mut consumer = bus.consume("q", 2).await.unwrap();
    for id in ["1", "2", "3", "4"] {
        bus.publish(Exchange::Events, &event(id, "f")).await.unwrap();
        next(&mut consumer).await.reject(failure("bad")).await.unwrap();
    }
    let counts = bus.queues().await.unwrap();
    let count = |name: &str| counts.iter().find(|queue| queue.name == name).map_or(0, |queue| queue.messages);
    assert_eq!(count("q") + count("dlq.acme"), 4, "none is lost: {counts:?}");
    assert!((1..=2).contains(&count("dlq.acme")), "{counts:?}");
}

pub(crate) async fn an_event_without_a_tenant_has_a_dead_letter_queue_too(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    let mut consumer = bus.consume("q", 1).await.unwrap();
    let mut event = event("1", "f");
    event.subject = None;
    bus.publish(Exchange::Events, &event).await.unwrap();
    next(&mut consumer).await.reject(failure("bad")).await.unwrap();
    holds(bus, bus::name::DEAD_LETTERS_UNOWNED, 1).await;
}
