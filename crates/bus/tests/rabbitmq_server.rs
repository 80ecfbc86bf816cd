//! RabbitMQ as it fails: what was accepted arrives once, and what is wrong is said.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "helpers of tests; their tasks end with them"
)]

#[path = "server/own.rs"]
mod own;
#[path = "server/proxy.rs"]
mod proxy;
#[path = "contract/sample.rs"]
mod sample;
mod server;

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use bus::{Bus, Error, Exchange, QueueSpec};
use domain::deadletter::FailureKind;
use futures::{StreamExt, stream};
use own::Server;
use proxy::Proxy;
use sample::{event, failure, figures, holds, next, queue};
use server::VirtualHost;

async fn open(url: &str) -> Arc<dyn Bus> {
    bus::open(url, Path::new("/")).await.unwrap()
}

/// A bus whose connections go through a proxy.
async fn proxied() -> (VirtualHost, Proxy, Arc<dyn Bus>) {
    let host = VirtualHost::new();
    let port: u16 = host.server.amqp.rsplit_once(':').unwrap().1.parse().unwrap();
    let proxy = Proxy::before(port).await;
    let url = host.url().replace(&format!(":{port}/"), &format!(":{}/", proxy.port));
    let bus = open(&url).await;
    (host, proxy, bus)
}

/// Publishes until it is accepted, as the outbox does.
async fn insist(bus: &dyn Bus, id: &str) {
    while let Err(error) = bus.publish(Exchange::Events, &event(id, "f")).await {
        assert!(matches!(error, Error::Unreachable(_)), "{error}");
    }
}

/// Counts what is delivered and acknowledged, until `count` different events came and then nothing more.
async fn collect(bus: Arc<dyn Bus>, count: usize) -> HashMap<String, u32> {
    let mut consumer = bus.consume("q", 50).await.unwrap();
    let mut seen: HashMap<String, u32> = HashMap::new();
    while seen.len() < count {
        let wait = tokio::time::timeout(Duration::from_secs(120), consumer.next()).await;
        let delivery = wait.unwrap_or_else(|_| panic!("{} of {count} came", seen.len())).unwrap();
        *seen.entry(delivery.event.id.clone()).or_default() += 1;
        delivery.ack().await.unwrap();
    }
    holds(bus.as_ref(), "q", 0).await;
    assert!(futures::poll!(consumer.next()).is_pending(), "more came");
    seen
}

fn assert_once(seen: &HashMap<String, u32>) {
    let often: Vec<_> = seen.iter().filter(|(_, times)| **times != 1).collect();
    assert!(often.is_empty(), "{often:?}");
}

#[tokio::test]
async fn a_queue_with_other_arguments_is_reported_by_name_and_left_alone() {
    let host = VirtualHost::new();
    let classic = r#"{"durable":true,"arguments":{"x-queue-type":"classic"}}"#;
    host.server.manage("PUT", &format!("queues/{}/fn.acme.old", host.name), classic);
    let bus = open(host.url()).await;
    let refused = bus.declare(QueueSpec::new("fn.acme.old")).await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid(why) if why.contains("fn.acme.old")), "{refused}");
    let found = host.server.manage("GET", &format!("queues/{}/fn.acme.old", host.name), "");
    assert!(found.contains("classic"), "{found}");
    bus.declare(queue("other")).await.unwrap();
    bus.close().await;
}

#[tokio::test]
async fn wrong_credentials_are_said_so_without_the_password() {
    let host = VirtualHost::new();
    let url = host.url().replace("guest:guest", "guest:hunter2");
    let refused = bus::open(&url, Path::new("/")).await.err().expect("refused").to_string();
    assert!(refused.contains("user or password") && !refused.contains("hunter2"), "{refused}");
    let elsewhere = bus::open(&format!("{}/nowhere", host.server.amqp), Path::new("/")).await;
    let refused = elsewhere.err().expect("refused").to_string();
    assert!(refused.contains("virtual host"), "{refused}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_waited_for_and_calls_say_so() {
    let bus = open("amqp://guest:guest@127.0.0.1:1/").await;
    let refused = bus.publish(Exchange::Events, &event("1", "f")).await.unwrap_err();
    assert!(matches!(&refused, Error::Unreachable(why) if why.contains("can not be reached")), "{refused}");
    bus.close().await;
}

#[tokio::test]
async fn tls_trusts_the_given_certificate_and_no_other() {
    let host = VirtualHost::new();
    let url = format!("{}/{}", host.server.amqps, host.name);
    let bus = open(&format!("{url}?cacertfile={}", host.server.certificate)).await;
    bus.declare(queue("q")).await.unwrap();
    bus.publish(Exchange::Events, &event("1", "f")).await.unwrap();
    holds(bus.as_ref(), "q", 1).await;
    bus.close().await;
    let untrusting = open(&url).await;
    assert!(matches!(
        untrusting.publish(Exchange::Events, &event("2", "f")).await,
        Err(Error::Unreachable(_))
    ));
    untrusting.close().await;
}

#[tokio::test]
async fn a_queue_deleted_under_its_consumer_is_there_again() {
    let host = VirtualHost::new();
    let bus = open(host.url()).await;
    bus.declare(queue("q")).await.unwrap();
    let mut consumer = bus.consume("q", 5).await.unwrap();
    bus.publish(Exchange::Events, &event("1", "f")).await.unwrap();
    next(&mut consumer).await.ack().await.unwrap();
    host.server.manage("DELETE", &format!("queues/{}/q", host.name), "");
    figures(bus.as_ref(), "q", |seen| seen.consumers == 1).await;
    // Bound as before, too; the first may still go to nobody.
    for id in 2..100 {
        bus.publish(Exchange::Events, &event(&id.to_string(), "f")).await.unwrap();
        if let Ok(Some(delivery)) = tokio::time::timeout(Duration::from_millis(300), consumer.next()).await {
            delivery.ack().await.unwrap();
            break;
        }
        assert!(id < 99, "nothing comes any more");
    }
    bus.close().await;
}

#[tokio::test]
async fn what_is_no_event_is_refused_and_holds_up_nobody() {
    let host = VirtualHost::new();
    let bus = open(host.url()).await;
    bus.declare(QueueSpec::dead_letters("dlq.acme")).await.unwrap();
    let mut spec = QueueSpec::new("fn.acme.f").bind(Exchange::Events, "#".parse().unwrap());
    spec.retry.delay_ms = 10;
    bus.declare(spec).await.unwrap();
    let mut consumer = bus.consume("fn.acme.f", 5).await.unwrap();
    let publish = |properties: &str, payload: &str| {
        let body = format!(
            r#"{{"properties":{properties},"routing_key":"x","payload":{payload:?},"payload_encoding":"string"}}"#
        );
        host.server.manage("POST", &format!("exchanges/{}/knative-lambda.events/publish", host.name), &body)
    };
    publish("{}", "not an event");
    publish(r#"{"content_type":"application/cloudevents+json"}"#, "{\"id\":");
    let headers = r#"{"headers":{"cloudEvents:specversion":"1.0","cloudEvents:id":"7","cloudEvents:source":"other","cloudEvents:type":"x"}}"#;
    publish(headers, "{\"n\":1}");
    let delivery = next(&mut consumer).await;
    assert_eq!((delivery.event.id.as_str(), &delivery.event.data), ("7", &Some(serde_json::json!({"n": 1}))));
    delivery.ack().await.unwrap();
    holds(bus.as_ref(), "dlq.acme", 2).await;

    // Whoever keeps dead letters gets them as events that carry what was sent.
    let mut dead = bus.consume("dlq.acme", 5).await.unwrap();
    let mut kept = Vec::new();
    for _ in 0..2 {
        let letter = next(&mut dead).await;
        let death = letter.death.clone().expect("how it died");
        assert_eq!((death.queue.as_str(), death.kind), ("fn.acme.f", FailureKind::Permanent));
        kept.push((letter.event.data.clone().unwrap(), death.reason));
        letter.ack().await.unwrap();
    }
    for (sent, reason) in [("not an event", "no CloudEvents attributes"), ("{\"id\":", "not a CloudEvent")] {
        assert!(kept.iter().any(|(data, why)| data == sent && why.contains(reason)), "{kept:?}");
    }
    holds(bus.as_ref(), "dlq.acme", 0).await;
    bus.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_connections_lose_and_double_nothing() {
    let (_host, proxy, bus) = proxied().await;
    bus.declare(queue("q")).await.unwrap();
    let collecting = tokio::spawn(collect(bus.clone(), 2000));
    let publishing = stream::iter(0..2000).for_each_concurrent(50, |n| {
        let (bus, proxy) = (bus.clone(), &proxy);
        async move {
            if n % 400 == 399 {
                proxy.cut();
            }
            insist(bus.as_ref(), &n.to_string()).await;
        }
    });
    publishing.await;
    assert_once(&collecting.await.unwrap());
    bus.close().await;
}

#[tokio::test]
async fn what_is_answered_while_the_server_is_away_does_not_come_again() {
    let (_host, proxy, bus) = proxied().await;
    let mut spec = queue("q");
    spec.retry.delay_ms = 200;
    bus.declare(spec).await.unwrap();
    for id in ["done", "failed"] {
        bus.publish(Exchange::Events, &event(id, "f")).await.unwrap();
    }
    let mut consumer = bus.consume("q", 5).await.unwrap();
    let (done, failed) = (next(&mut consumer).await, next(&mut consumer).await);
    proxy.close();
    done.ack().await.unwrap();
    failed.retry(failure("busy")).await.unwrap();
    proxy.open();
    let again = next(&mut consumer).await;
    assert_eq!((again.event.id.as_str(), again.attempt, again.history.len()), ("failed", 2, 1));
    again.ack().await.unwrap();
    holds(bus.as_ref(), "q", 0).await;
    assert!(futures::poll!(consumer.next()).is_pending());
    bus.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_stopped_and_killed_under_load_loses_and_doubles_nothing() {
    let server = Server::start();
    let bus = open(&server.start_again().amqp).await;
    bus.declare(queue("q")).await.unwrap();
    let collecting = tokio::spawn(collect(bus.clone(), 1000));
    let load = tokio::spawn({
        let bus = bus.clone();
        async move {
            let insist = |n: u32| {
                let bus = bus.clone();
                async move { insist(bus.as_ref(), &n.to_string()).await }
            };
            stream::iter(0..1000).for_each_concurrent(20, insist).await;
        }
    });
    let server = tokio::task::spawn_blocking(move || {
        server.stop();
        server.start_again();
        server.kill();
        server.start_again();
        server
    });
    let server = server.await.unwrap();
    load.await.unwrap();
    assert_once(&collecting.await.unwrap());
    bus.close().await;
    drop(server);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_memory_alarm_blocks_publishers_and_says_why_while_consumers_go_on() {
    let server = Server::start();
    let bus = open(&server.start_again().amqp).await;
    bus.declare(queue("q")).await.unwrap();
    bus.publish(Exchange::Events, &event("before", "f")).await.unwrap();
    server.control(&["set_vm_memory_high_watermark", "absolute", "1"]);
    let refused = loop {
        if let Err(refused) = bus.publish(Exchange::Events, &event("blocked", "f")).await {
            break refused;
        }
    };
    assert!(matches!(&refused, Error::Unreachable(why) if why.contains("no events")), "{refused}");
    let mut consumer = bus.consume("q", 5).await.unwrap();
    next(&mut consumer).await.ack().await.unwrap();
    server.control(&["set_vm_memory_high_watermark", "absolute", "1GB"]);
    insist(bus.as_ref(), "after").await;
    while next(&mut consumer).await.event.id != "after" {}
    bus.close().await;
}
