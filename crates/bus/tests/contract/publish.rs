//! Publishing and routing.

use bus::{Bus, Error, Exchange, QueueSpec, ack_all};
use domain::event::extension;

use super::sample::{assert_nothing, event, holds, ids, next, queue, take};

pub(crate) async fn an_event_reaches_every_queue_bound_for_its_type_and_no_other(bus: &dyn Bus) {
    let bound =
        |name: &str, exchange, pattern: &str| QueueSpec::new(name).bind(exchange, pattern.parse().unwrap());
    bus.declare(bound("builds", Exchange::Events, "io.knative.lambda.lifecycle.build.*")).await.unwrap();
    bus.declare(bound("all", Exchange::Events, "#").bind(Exchange::Events, "io.#".parse().unwrap()))
        .await
        .unwrap();
    bus.declare(bound("services", Exchange::Events, "io.knative.lambda.lifecycle.service.*")).await.unwrap();
    bus.declare(bound("commands", Exchange::Commands, "#")).await.unwrap();
    bus.publish(Exchange::Events, &event("1", "f")).await.unwrap();
    for (queue, messages) in [("all", 1), ("builds", 1), ("commands", 0), ("services", 0)] {
        holds(bus, queue, messages).await;
    }
    let names: Vec<_> = bus.queues().await.unwrap().into_iter().map(|queue| queue.name).collect();
    assert_eq!(names, ["all", "builds", "commands", "services"]);
}

pub(crate) async fn many_events_published_together_keep_their_order(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    let events: Vec<_> = (0..600).map(|number| event(&format!("{number:03}"), "f")).collect();
    bus.publish_all(Exchange::Events, &events).await.unwrap();
    let mut consumer = bus.consume("q", 1000).await.unwrap();
    let taken = take(&mut consumer, 600).await;
    assert!(ids(&taken).is_sorted(), "{:?}", ids(&taken));
}

pub(crate) async fn an_event_without_a_queue_is_accepted(bus: &dyn Bus) {
    bus.publish(Exchange::Events, &event("1", "f")).await.unwrap();
    bus.declare(queue("q")).await.unwrap();
    bus.publish(Exchange::Events, &event("1", "f")).await.unwrap();
    holds(bus, "q", 1).await;
}

pub(crate) async fn the_same_source_and_id_is_delivered_once(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    let mut consumer = bus.consume("q", 10).await.unwrap();
    bus.publish(Exchange::Events, &event("1", "f")).await.unwrap();
    bus.publish(Exchange::Events, &event("1", "f")).await.unwrap();
    next(&mut consumer).await.ack().await.unwrap();
    bus.publish(Exchange::Events, &event("1", "f")).await.unwrap();
    bus.publish_to("q", &event("2", "f")).await.unwrap();
    bus.publish_to("q", &event("2", "f")).await.unwrap();
    let second = next(&mut consumer).await;
    assert_eq!(second.event.id, "2");
    assert_nothing(bus, &mut consumer).await;
}

pub(crate) async fn the_same_id_of_another_source_is_another_event(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    let mut other = event("1", "f");
    other.source = "tes".into();
    other.id = "t1".into();
    for event in [&event("1", "f"), &other] {
        bus.publish(Exchange::Events, event).await.unwrap();
    }
    holds(bus, "q", 2).await;
}

pub(crate) async fn the_same_source_and_id_of_another_tenant_is_another_event(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    for tenant in ["acme", "rival", "acme"] {
        let event = event("1", "f").with(extension::TENANT, tenant);
        bus.publish(Exchange::Events, &event).await.unwrap();
        bus.publish_to("q", &event).await.unwrap();
    }
    holds(bus, "q", 4).await;
}

pub(crate) async fn an_unknown_queue_is_refused(bus: &dyn Bus) {
    let refused = bus.publish_to("nowhere", &event("1", "f")).await;
    assert!(matches!(refused, Err(Error::NoSuchQueue(name)) if name == "nowhere"));
    assert!(matches!(bus.consume("nowhere", 1).await, Err(Error::NoSuchQueue(_))));
    bus.delete_queue("nowhere").await.unwrap();
}

pub(crate) async fn data_over_one_mebibyte_is_refused(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    let mut large = event("1", "f");
    large.data = Some("x".repeat(1024 * 1024).into());
    let refused = bus.publish_to("q", &large).await;
    assert!(matches!(refused, Err(Error::TooLarge { bytes: 1_048_578, limit: 1_048_576 })), "{refused:?}");
}

pub(crate) async fn data_of_one_mebibyte_is_delivered(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    let mut large = event("1", "f");
    large.data = Some("x".repeat(1024 * 1024 - 2).into());
    bus.publish_to("q", &large).await.unwrap();
    let mut consumer = bus.consume("q", 1).await.unwrap();
    assert_eq!(next(&mut consumer).await.event, large);
}

pub(crate) async fn one_mebibyte_of_bytes_was_refused_for_its_base64(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    let mut large = event("1", "f");
    (large.data, large.data_base64) = (None, Some("////".repeat(1024 * 1024 / 3)));
    large.datacontenttype = Some("application/octet-stream".into());
    bus.publish_to("q", &large).await.unwrap();
    let mut consumer = bus.consume("q", 1).await.unwrap();
    assert_eq!(next(&mut consumer).await.event, large);
    large.id = "2".into();
    large.data_base64 = Some("////".repeat(1024 * 1024 / 3 + 1));
    let refused = bus.publish_to("q", &large).await;
    assert!(matches!(refused, Err(Error::TooLarge { limit: 1_048_576, .. })), "{refused:?}");
}

pub(crate) async fn the_attributes_of_a_small_event_had_no_limit(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    let mut many = event("1", "f");
    for number in 0..9 {
        many.extensions.insert(format!("x{number}"), "v".repeat(8 * 1024).into());
    }
    let refused = bus.publish_to("q", &many).await;
    assert!(matches!(refused, Err(Error::TooLarge { limit: 69_632, .. })), "{refused:?}");
    many.extensions.pop_first();
    many.extensions.pop_first();
    bus.publish_to("q", &many).await.unwrap();
    holds(bus, "q", 1).await;
}

pub(crate) async fn a_full_queue_refuses_and_takes_again_when_it_has_room(bus: &dyn Bus) {
    bus.declare(QueueSpec { max_length: Some(2), ..queue("q") }).await.unwrap();
    // RabbitMQ learns of the limit from the queue a moment later, so that it may take a few more.
    let mut taken = 0;
    let refused = loop {
        taken += 1;
        match bus.publish_to("q", &event(&taken.to_string(), "f")).await {
            Ok(()) => assert!(taken < 10, "it takes everything"),
            Err(refused) => break refused,
        }
    };
    assert!(taken > 2, "it has room for two");
    assert!(matches!(refused, Error::QueueFull { limit: 2, .. }), "{refused:?}");
    let mut consumer = bus.consume("q", 1).await.unwrap();
    for _ in 1..taken {
        next(&mut consumer).await.ack().await.unwrap();
    }
    holds(bus, "q", 0).await;
    let again = event(&taken.to_string(), "f");
    while bus.publish_to("q", &again).await.is_err() {}
    assert_eq!(next(&mut consumer).await.event, again);
}

pub(crate) async fn events_published_at_once_all_arrive(bus: &dyn Bus) {
    bus.declare(queue("q")).await.unwrap();
    let events: Vec<_> = (0..3000).map(|n| event(&n.to_string(), "f")).collect();
    futures::future::try_join_all(events.iter().map(|event| bus.publish(Exchange::Events, event)))
        .await
        .unwrap();
    let mut consumer = bus.consume("q", 500).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 3000 {
        let some = take(&mut consumer, 100).await;
        seen.extend(ids(&some).into_iter().map(str::to_owned));
        ack_all(some).await.unwrap();
    }
    seen.sort_by_key(|id| id.parse::<u32>().unwrap());
    assert!(seen.iter().map(String::as_str).eq(events.iter().map(|event| event.id.as_str())));
    holds(bus, "q", 0).await;
}
