//! Nothing is lost by kill -9: a child process publishes and acknowledges, and is killed at a random
//! moment; then its file is looked at.

#![expect(clippy::unwrap_used, reason = "in helpers of tests a panic is the failure")]

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use bus::{Error, Exchange, Ordering, QueueSpec};
use domain::event::CloudEvent;
use futures::{StreamExt, stream};

/// Kills per run.
const ROUNDS: u32 = 5;

fn event(id: u64) -> CloudEvent {
    serde_json::from_value(serde_json::json!({
        "specversion": "1.0",
        "id": id.to_string(),
        "source": "kill",
        "type": "test",
        "subject": format!("acme/f{}", id % 5),
        "data": "x".repeat(700),
    }))
    .unwrap()
}

fn queue() -> QueueSpec {
    QueueSpec::new("q").bind(Exchange::Events, "#".parse().unwrap()).ordered(Ordering::PerFunction)
}

/// Tells the parent at once.
fn tell(word: &str, id: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{word} {id}").unwrap();
    out.flush().unwrap();
}

/// What the child does in its working folder until it is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "run as a child process by the test below"]
async fn child_publishes_and_acknowledges_until_it_is_killed() {
    let bus = bus::open("embedded", Path::new(".")).await.unwrap();
    bus.declare(queue()).await.unwrap();
    let first = std::fs::read_to_string("first").unwrap().parse::<u64>().unwrap();
    let publish = stream::iter(first..).for_each_concurrent(32, async |id| {
        bus.publish(Exchange::Events, &event(id)).await.unwrap();
        tell("published", &id.to_string());
    });
    let consumer = bus.consume("q", 20).await.unwrap();
    let consume = consumer.for_each_concurrent(20, async |delivery| {
        let id = delivery.event.id.clone();
        tell("got", &id);
        delivery.ack().await.unwrap();
        tell("acked", &id);
    });
    tokio::join!(publish, consume);
}

/// Runs the child until it has said `lines` lines, and kills it; what it said, also between the
/// decision to kill and its end: what was taken and acknowledged then is not lost.
fn run_child(folder: &Path, lines: usize) -> Vec<(String, u64)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_publishes_and_acknowledges_until_it_is_killed", "--ignored", "--nocapture"])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // The test harness speaks too; and the kill can cut the last line short.
        if let Some((word @ ("published" | "got" | "acked"), id)) = line.split_once(' ') {
            said.push((word.to_owned(), id.parse().unwrap()));
        }
        if said.len() == lines {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    said
}

#[tokio::test]
async fn what_was_confirmed_is_delivered_and_what_was_acknowledged_is_not_after_every_kill() {
    let folder = tempfile::tempdir().unwrap();
    let (mut published, mut acked, mut got) = (HashSet::new(), HashSet::new(), HashSet::new());
    let mut seed = u64::from(std::process::id());
    for round in 0..ROUNDS {
        std::fs::write(folder.path().join("first"), (u64::from(round) * 1_000_000).to_string()).unwrap();
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        for (word, id) in run_child(folder.path(), 200 + (seed >> 33) as usize % 1000) {
            match word.as_str() {
                "published" => published.insert(id),
                "got" => {
                    assert!(!acked.contains(&id), "{id} was acknowledged and came again");
                    got.insert(id)
                }
                _ => acked.insert(id),
            };
        }
    }
    let bus = bus::open("embedded", folder.path()).await.unwrap();
    let left = bus.queues().await.unwrap()[0].messages;
    let mut consumer = bus.consume("q", 50).await.unwrap();
    let mut rest = HashSet::new();
    for _ in 0..left {
        let delivery = tokio::time::timeout(Duration::from_secs(10), consumer.next()).await.unwrap().unwrap();
        let id: u64 = delivery.event.id.parse().unwrap();
        assert!(delivery.redelivered && !acked.contains(&id), "{id}");
        assert!(rest.insert(id), "{id} is in the file twice");
        delivery.ack().await.unwrap();
    }
    let seen = &got | &rest;
    let lost: Vec<_> = published.difference(&seen).collect();
    assert!(lost.is_empty(), "confirmed and lost: {lost:?}");
    assert!(!acked.is_empty() && published.len() > 500, "the child did something");
    bus.close().await;
}

#[tokio::test]
async fn a_clean_restart_keeps_messages_retries_and_figures() {
    let folder = tempfile::tempdir().unwrap();
    let bus = bus::open("embedded", folder.path()).await.unwrap();
    let mut spec = queue();
    spec.retry.delay_ms = 10;
    bus.declare(spec).await.unwrap();
    for id in 0..10 {
        bus.publish(Exchange::Events, &event(id)).await.unwrap();
    }
    let mut consumer = bus.consume("q", 1).await.unwrap();
    let attempt = domain::deadletter::Attempt {
        number: 0,
        at: domain::Timestamp::from_millis(1),
        status: None,
        duration_ms: 1.0,
        reason: "busy".into(),
    };
    consumer.next().await.unwrap().retry(attempt).await.unwrap();
    drop(consumer);
    bus.close().await;
    let bus = bus::open("embedded", folder.path()).await.unwrap();
    assert_eq!(bus.queues().await.unwrap()[0].messages, 10);
    let mut consumer = bus.consume("q", 10).await.unwrap();
    let mut attempts = Vec::new();
    for _ in 0..10 {
        let delivery = consumer.next().await.unwrap();
        assert!(!delivery.redelivered);
        attempts.push((delivery.event.id.parse::<u64>().unwrap(), delivery.attempt));
        delivery.ack().await.unwrap();
    }
    attempts.sort_unstable();
    assert_eq!(attempts[..2], [(0, 2), (1, 1)]);
    bus.publish(Exchange::Events, &event(0)).await.unwrap();
    assert_eq!(bus.queues().await.unwrap()[0].messages, 0, "a duplicate after a restart too");
    bus.close().await;
}

#[tokio::test]
async fn a_file_in_use_a_missing_folder_and_a_file_of_another_kind_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let bus = bus::open("embedded", folder.path()).await.unwrap();
    assert!(matches!(bus::open("embedded", folder.path()).await.err(), Some(Error::InUse(_))));
    bus.close().await;
    std::fs::write(folder.path().join("bus.redb"), "no database".repeat(1000)).unwrap();
    let error = bus::open("embedded", folder.path()).await.err().unwrap();
    assert!(matches!(&error, Error::Storage(text) if text.contains("bus.redb")), "{error}");
    let error = bus::open("embedded", &folder.path().join("none")).await.err().unwrap();
    assert!(error.to_string().contains("folder that does not exist"), "{error}");
    for url in ["amqp://host:port", "kafka:x"] {
        assert!(matches!(bus::open(url, folder.path()).await.err(), Some(Error::Unsupported(_))));
    }
}
