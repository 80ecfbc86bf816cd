//! Order per function.

use std::collections::HashMap;

use bus::{Bus, Exchange, Ordering, Retry};

use super::sample::{assert_nothing, event, failure, holds, ids, next, queue, take};

pub(crate) async fn events_of_one_function_wait_for_each_other_and_others_overtake(bus: &dyn Bus) {
    bus.declare(queue("q").ordered(Ordering::PerFunction)).await.unwrap();
    for (id, function) in [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("b2", "b")] {
        bus.publish(Exchange::Events, &event(id, function)).await.unwrap();
    }
    let mut consumer = bus.consume("q", 10).await.unwrap();
    let mut held = take(&mut consumer, 2).await;
    assert_eq!(ids(&held), ["a1", "b1"]);
    assert_nothing(bus, &mut consumer).await;
    held.remove(1).ack().await.unwrap();
    assert_eq!(next(&mut consumer).await.event.id, "b2");
    held.remove(0).ack().await.unwrap();
    assert_eq!(next(&mut consumer).await.event.id, "a2");
}

pub(crate) async fn a_retried_event_is_not_overtaken_by_its_function(bus: &dyn Bus) {
    bus.declare(queue("q").ordered(Ordering::PerFunction)).await.unwrap();
    for (id, function) in [("a1", "a"), ("a2", "a"), ("b1", "b")] {
        bus.publish(Exchange::Events, &event(id, function)).await.unwrap();
    }
    let mut consumer = bus.consume("q", 10).await.unwrap();
    next(&mut consumer).await.retry(failure("busy")).await.unwrap();
    next(&mut consumer).await.ack().await.unwrap();
    let again = next(&mut consumer).await;
    assert_eq!((again.event.id.as_str(), again.attempt, again.history.len()), ("a1", 2, 1));
    again.reject(failure("bad")).await.unwrap();
    assert_eq!(next(&mut consumer).await.event.id, "a2", "a dead event lets the next one go");
}

pub(crate) async fn without_ordering_a_retried_event_is_overtaken(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    for id in ["1", "2"] {
        bus.publish(Exchange::Events, &event(id, "f")).await.unwrap();
    }
    let mut consumer = bus.consume("q", 1).await.unwrap();
    next(&mut consumer).await.retry(failure("busy")).await.unwrap();
    let second = next(&mut consumer).await;
    assert_eq!(second.event.id, "2");
    second.ack().await.unwrap();
    assert_eq!(next(&mut consumer).await.event.id, "1");
}

pub(crate) async fn partitions_are_in_order_and_the_rest_is_parallel(bus: &dyn Bus) {
    bus.declare(queue("q").ordered(Ordering::PerPartition)).await.unwrap();
    for (id, partition) in [("1", Some("p")), ("2", Some("p")), ("3", None), ("4", None)] {
        let event = event(id, "f");
        let event = match partition {
            Some(partition) => event.with("partitionkey", partition),
            None => event,
        };
        bus.publish(Exchange::Events, &event).await.unwrap();
    }
    let mut consumer = bus.consume("q", 10).await.unwrap();
    assert_eq!(ids(&take(&mut consumer, 3).await), ["1", "3", "4"]);
}

pub(crate) async fn many_functions_are_each_in_order_through_failures(bus: &dyn Bus) {
    let mut spec = queue("q").ordered(Ordering::PerFunction);
    spec.retry = Retry { attempts: Some(5), delay_ms: 1 };
    bus.declare(spec).await.unwrap();
    let publish = async |function: usize| {
        for n in 0..30 {
            let event = event(&format!("{n:03}-{function}"), &format!("f{function}"));
            bus.publish(Exchange::Events, &event).await.unwrap();
        }
    };
    futures::future::join_all((0..10).map(publish)).await;
    let mut consumer = bus.consume("q", 16).await.unwrap();
    let mut done: HashMap<String, Vec<String>> = HashMap::new();
    for turn in 0_u32.. {
        if done.values().map(Vec::len).sum::<usize>() == 300 {
            break;
        }
        let delivery = next(&mut consumer).await;
        if turn % 5 == 0 && delivery.attempt < 4 {
            delivery.retry(failure("busy")).await.unwrap();
        } else if turn % 11 == 0 && !delivery.redelivered {
            drop(delivery);
        } else {
            let function = delivery.event.subject.clone().unwrap();
            done.entry(function).or_default().push(delivery.event.id.clone());
            delivery.ack().await.unwrap();
        }
    }
    assert!(done.values().all(|ids| ids.is_sorted()), "{done:?}");
    holds(bus, "q", 0).await;
}
