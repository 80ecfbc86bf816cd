//! Sandboxes that are ready before their program is known.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use sandbox::{Isolation, Spec};

use crate::harness::{finish, launcher, shell};

/// Our children; each test is a process of its own.
fn children() -> BTreeSet<i32> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    let lists = tasks.map(|task| std::fs::read_to_string(task.path().join("children")).unwrap_or_default());
    lists
        .flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>())
        .collect()
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < end, "{what}: {:?}", children());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_prepared_sandbox_is_used_for_one_program_and_the_next_gets_another() {
    let launcher = launcher().await;
    until("the probes are over", || children().is_empty()).await;
    launcher.prepare().await;
    let waiting = children();
    assert_eq!(waiting.len(), 1);
    let first = launcher.spawn(shell("echo one")).await.unwrap();
    assert!(waiting.contains(&first.pid()));
    let second = launcher.spawn(shell("echo two")).await.unwrap();
    assert!(!waiting.contains(&second.pid()));
    assert_eq!((finish(first).await.ok(), finish(second).await.ok()), ("one\n".into(), "two\n".into()));
}

#[tokio::test]
async fn a_prepared_sandbox_shows_what_came_after_it_and_has_the_sizes_of_its_program() {
    let launcher = launcher().await;
    launcher.prepare().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("late");
    std::fs::write(&file, "late\n").unwrap();
    let mut spec = shell(&format!("cat {}; stat -f -c '%b of %S' /tmp /dev/shm", file.display()));
    spec.writable.push(folder.path().to_owned());
    let pages = spec.limits.tmp_bytes.unwrap() / 4096;
    let found = finish(launcher.spawn(spec).await.unwrap()).await.ok();
    assert_eq!(found, format!("late\n{pages} of 4096\n{pages} of 4096\n"));
}

#[tokio::test]
async fn a_prepared_sandbox_that_died_is_not_used() {
    let launcher = launcher().await;
    until("the probes are over", || children().is_empty()).await;
    launcher.prepare().await;
    let waiting = children().pop_first().unwrap();
    let killed = std::process::Command::new("kill").args(["-KILL", &waiting.to_string()]).status().unwrap();
    assert!(killed.success());
    until("it is dead", || {
        let state = std::fs::read_to_string(format!("/proc/{waiting}/stat")).unwrap_or_default();
        !state.contains(") S") && !state.contains(") R")
    })
    .await;
    assert_eq!(finish(launcher.spawn(shell("echo fine")).await.unwrap()).await.ok(), "fine\n");
}

#[tokio::test]
async fn a_trusted_program_leaves_the_prepared_sandbox_alone() {
    let launcher = launcher().await;
    until("the probes are over", || children().is_empty()).await;
    launcher.prepare().await;
    let waiting = children();
    let trusted = launcher.spawn(Spec { isolation: Isolation::Trusted, ..shell("echo own") }).await.unwrap();
    assert!(!waiting.contains(&trusted.pid()));
    assert_eq!(finish(trusted).await.ok(), "own\n");
    assert_eq!(children(), waiting);
}

#[tokio::test]
async fn the_process_of_a_trusted_program_was_started_only_when_it_was_asked_for() {
    let launcher = launcher().await;
    until("the probes are over", || children().is_empty()).await;
    launcher.keep_prepared().await;
    let waiting = children();
    let trusted = launcher.spawn(Spec { isolation: Isolation::Trusted, ..shell("echo own") }).await.unwrap();
    assert!(waiting.contains(&trusted.pid()));
    assert_eq!(finish(trusted).await.ok(), "own\n");
    until("another one is ready", || children().len() == 2 && children() != waiting).await;
}

#[tokio::test]
async fn one_is_always_ready_and_none_is_left_when_the_launcher_goes() {
    let launcher = launcher().await;
    until("the probes are over", || children().is_empty()).await;
    launcher.keep_prepared().await;
    let first = children();
    assert_eq!(finish(launcher.spawn(shell("echo x")).await.unwrap()).await.ok(), "x\n");
    until("another one is ready", || children().len() == 2 && children() != first).await;
    drop(launcher);
    until("nothing is left", || children().is_empty()).await;
}
