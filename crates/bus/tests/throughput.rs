//! How fast: run with `cargo test --release -p bus --test throughput -- --ignored --nocapture`.

use std::time::Instant;

use bus::{Exchange, QueueSpec};
use domain::event::CloudEvent;
use futures::{StreamExt, stream};

const EVENTS: u32 = 100_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn events_per_second() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let bus = bus::open("embedded", folder.path()).await.unwrap();
    bus.declare(QueueSpec::timeline()).await.unwrap();
    let event: CloudEvent = serde_json::from_value(serde_json::json!({
        "specversion": "1.0", "id": "", "source": "bench", "type": "io.knative.lambda.lifecycle.build.started",
        "subject": "acme/hello", "data": {"text": "x".repeat(800)},
    }))
    .unwrap();
    let begun = Instant::now();
    stream::iter(0..EVENTS)
        .for_each_concurrent(1024, async |n| {
            bus.publish(Exchange::Events, &CloudEvent { id: n.to_string(), ..event.clone() }).await.unwrap();
        })
        .await;
    let published = begun.elapsed();
    let begun = Instant::now();
    let consumer = bus.consume(bus::name::TIMELINE, 1000).await.unwrap();
    consumer
        .take(EVENTS as usize)
        .for_each_concurrent(1000, async |delivery| delivery.ack().await.unwrap())
        .await;
    let consumed = begun.elapsed();
    let rate = |time: std::time::Duration| f64::from(EVENTS) / time.as_secs_f64();
    println!("published {:.0}/s, consumed {:.0}/s", rate(published), rate(consumed));
    let single = Instant::now();
    for n in 0..200 {
        bus.publish(Exchange::Events, &CloudEvent { id: format!("s{n}"), ..event.clone() }).await.unwrap();
    }
    println!("one by one {:.2} ms", single.elapsed().as_secs_f64() * 1000.0 / 200.0);
    bus.close().await;
}
