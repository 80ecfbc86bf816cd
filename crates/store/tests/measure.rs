//! How fast: run with `cargo test --release -p store --test measure -- --ignored --nocapture`.

use std::time::Instant;

use domain::{
    TenantName, Timestamp,
    event::{CloudEvent, EventFilter, EventStatus},
    log::{Level, LogQuery, LogTarget, Stream},
};
use store::{LogLimits, NewEvent, NewLine};

#[tokio::test]
#[ignore = "a measurement"]
async fn lists_at_100_000_events_and_100_000_lines() {
    let folder = tempfile::tempdir_in(".").unwrap();
    let store = store::open(&format!("sqlite:{}", folder.path().join("rows.db").display())).await.unwrap();
    let acme: TenantName = "acme".parse().unwrap();
    let kinds = ["build.started", "build.failed", "service.updated", "status.updated"];
    let event = |n: i64| -> NewEvent {
        let function = format!("f{}", n % 1000);
        let event: CloudEvent = serde_json::from_value(serde_json::json!({
            "specversion": "1.0", "id": n.to_string(), "source": "bench",
            "type": format!("io.knative.lambda.lifecycle.{}", kinds[n as usize % 4]),
            "subject": format!("acme/{function}"), "time": Timestamp::from_millis(n),
            "correlationid": format!("c-{}", n / 10), "data": {"text": "x".repeat(300)},
        }))
        .unwrap();
        let function = Some(function.parse().unwrap());
        NewEvent { tenant: acme.clone(), function, received_at: Timestamp::from_millis(n), event }
    };
    let begun = Instant::now();
    for start in 0..200 {
        let some: Vec<_> = (start * 500..start * 500 + 500).map(event).collect();
        store.append_events(&some).await.unwrap();
    }
    println!("append: {:.0} events/s", 100_000.0 / begun.elapsed().as_secs_f64());
    let filter = EventFilter::default;
    for (what, filter) in [
        ("all", filter()),
        ("one function", EventFilter { function: Some("f7".parse().unwrap()), ..filter() }),
        ("one type", EventFilter { kind: Some("lifecycle.build.failed".into()), ..filter() }),
        ("types by start", EventFilter { kind: Some("lifecycle.build.*".into()), ..filter() }),
        ("absent type", EventFilter { kind: Some("absent.*".into()), ..filter() }),
        ("failed", EventFilter { status: Some(EventStatus::Failed), ..filter() }),
        ("correlation", EventFilter { correlation: Some("c-77".into()), ..filter() }),
        ("time", EventFilter { until: Some(Timestamp::from_millis(500)), ..filter() }),
        ("absent text", EventFilter { text: Some("nowhere".into()), ..filter() }),
    ] {
        let begun = Instant::now();
        let page = store.list_events(&acme, &filter, None, 50).await.unwrap();
        println!("{what}: {} in {:.2} ms", page.items.len(), begun.elapsed().as_secs_f64() * 1000.0);
    }
    let target = LogTarget::Function("f".parse().unwrap());
    let line = |n: u32| NewLine {
        at: Timestamp::from_millis(i64::from(n)),
        stream: Stream::Stdout,
        level: if n.is_multiple_of(100) { Level::Error } else { Level::Info },
        text: format!("line {n} {}", "x".repeat(80)),
        group: None,
        correlation: None,
    };
    let begun = Instant::now();
    for start in 0..50 {
        let some: Vec<_> = (start * 2000..start * 2000 + 2000).map(line).collect();
        store.append_log(&acme, &target, &some, None, LogLimits::default()).await.unwrap();
    }
    println!("append: {:.0} lines/s", 100_000.0 / begun.elapsed().as_secs_f64());
    for (what, query) in [
        ("tail", LogQuery::default()),
        ("middle", LogQuery { after: Some(50_000), ..LogQuery::default() }),
        ("errors", LogQuery { level: Some(Level::Error), ..LogQuery::default() }),
        ("absent text", LogQuery { text: Some("nowhere".into()), ..LogQuery::default() }),
    ] {
        let begun = Instant::now();
        let page = store.read_log(&acme, &target, &query).await.unwrap();
        println!("{what}: {} in {:.2} ms", page.lines.len(), begun.elapsed().as_secs_f64() * 1000.0);
    }
    store.close().await;
}
