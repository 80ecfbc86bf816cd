//! Dead letters.

use domain::{
    deadletter::{Attempt, FailureKind, Replay, ReplayJob, ReplayRecord, ReplayState},
    event::extension,
};
use store::{DeadLetterFilter, NewDeadLetter, Store};

use super::sample::{acme, at, event, function, other};

fn letter(id: &str, kind: FailureKind) -> NewDeadLetter {
    NewDeadLetter {
        tenant: acme(),
        function: Some(function("f")),
        queue: "fn.acme.f".into(),
        kind,
        reason: "busy".into(),
        attempts: vec![Attempt {
            number: 1,
            at: at(1),
            status: Some(503),
            duration_ms: 2.5,
            reason: "busy".into(),
        }],
        died_at: at(9),
        event: event(id, 1).event,
    }
}

pub(crate) async fn a_dead_letter_is_kept_once_listed_and_deleted(store: &dyn Store) {
    let first = store.append_dead_letter(&letter("1", FailureKind::Transient)).await.unwrap();
    assert_eq!(store.append_dead_letter(&letter("1", FailureKind::Transient)).await.unwrap(), first);
    let second = store.append_dead_letter(&letter("2", FailureKind::Permanent)).await.unwrap();
    let list = async |filter: DeadLetterFilter| {
        let page = store.list_dead_letters(&acme(), &filter, None, 10).await.unwrap();
        page.items.into_iter().map(|letter| letter.position).collect::<Vec<_>>()
    };
    assert_eq!(list(DeadLetterFilter::default()).await, [second, first]);
    let permanent = DeadLetterFilter { kind: Some(FailureKind::Permanent), ..Default::default() };
    assert_eq!(list(permanent).await, [second]);
    let foreign = DeadLetterFilter { function: Some(function("g")), ..Default::default() };
    assert!(list(foreign).await.is_empty());
    let kept = store.get_dead_letter(&acme(), first).await.unwrap().unwrap();
    assert_eq!((kept.event, kept.attempts.len(), kept.position), (event("1", 1).event, 1, first));
    assert!(!store.delete_dead_letter(&other(), first).await.unwrap());
    assert!(store.delete_dead_letter(&acme(), first).await.unwrap());
    assert!(store.get_dead_letter(&acme(), first).await.unwrap().is_none());
}

pub(crate) async fn an_event_that_dies_twice_of_one_delivery_is_one_dead_letter(store: &dyn Store) {
    let first = store.append_dead_letter(&letter("1", FailureKind::Transient)).await.unwrap();
    let later = NewDeadLetter { died_at: at(99), ..letter("1", FailureKind::Transient) };
    assert_eq!(store.append_dead_letter(&later).await.unwrap(), first);
    let replayed = NewDeadLetter { event: later.event.clone().with(extension::REPLAY_COUNT, 1), ..later };
    assert_ne!(store.append_dead_letter(&replayed).await.unwrap(), first, "a replay may die too");
}

pub(crate) async fn a_dead_letter_for_no_function_is_kept_too(store: &dyn Store) {
    let foreign =
        NewDeadLetter { function: None, queue: "dlq".into(), ..letter("1", FailureKind::Permanent) };
    let position = store.append_dead_letter(&foreign).await.unwrap();
    assert_eq!(store.get_dead_letter(&acme(), position).await.unwrap().unwrap().function, None);
    let everything = DeadLetterFilter::default();
    let [count] = store.count_dead_letters(&acme(), &everything, i64::MAX).await.unwrap().try_into().unwrap();
    assert_eq!((count.function, count.count), (None, 1));
    let [group] = store.group_dead_letters(&acme(), &everything).await.unwrap().try_into().unwrap();
    assert_eq!((group.count, group.functions), (1, 0));
}

pub(crate) async fn dead_letters_are_grouped_counted_and_deleted_together(store: &dyn Store) {
    for (id, reason, died) in
        [("1", "order 7 is unknown", 1), ("2", "order 8 is unknown", 2), ("3", "busy", 3)]
    {
        let letter =
            NewDeadLetter { reason: reason.into(), died_at: at(died), ..letter(id, FailureKind::Permanent) };
        store.append_dead_letter(&letter).await.unwrap();
    }
    let groups = store.group_dead_letters(&acme(), &DeadLetterFilter::default()).await.unwrap();
    let seen: Vec<_> = groups.iter().map(|group| (group.error.as_str(), group.count, group.last)).collect();
    assert_eq!(seen, [("busy", 1, at(3)), ("order # is unknown", 2, at(2))]);
    let unknown = DeadLetterFilter { error: Some(groups[1].error.clone()), ..Default::default() };
    let [count] = store.count_dead_letters(&acme(), &unknown, i64::MAX).await.unwrap().try_into().unwrap();
    let [earlier] =
        store.count_dead_letters(&acme(), &unknown, count.upto - 1).await.unwrap().try_into().unwrap();
    assert_eq!(earlier.count, 1, "what came after a plan does not count");
    assert_eq!((count.count, count.repeated, count.oldest, count.newest), (2, 0, at(1), at(2)));
    assert_eq!(store.some_dead_letters(&acme(), 2).await.unwrap(), 2);
    assert_eq!(store.some_dead_letters(&other(), 2).await.unwrap(), 0);
    let between = store.dead_letters_between(&acme(), &unknown, 0, count.upto, 10).await.unwrap();
    assert_eq!(between.iter().map(|letter| letter.event.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    let chosen = DeadLetterFilter { positions: vec![between[0].position], ..Default::default() };
    assert_eq!(store.delete_dead_letters(&acme(), &chosen, count.upto).await.unwrap(), 1);
    assert_eq!(store.delete_dead_letters(&acme(), &unknown, count.upto).await.unwrap(), 1);
    assert_eq!(store.some_dead_letters(&acme(), 10).await.unwrap(), 1);
}

pub(crate) async fn a_replay_takes_the_letter_and_keeps_its_story(store: &dyn Store) {
    let position = store.append_dead_letter(&letter("1", FailureKind::Transient)).await.unwrap();
    let dead = store.get_dead_letter(&acme(), position).await.unwrap().unwrap();
    let mut job = ReplayJob {
        id: "j".into(),
        tenant: acme(),
        asked: Replay::default(),
        asked_by: "Ada".into(),
        user: "local:ada".into(),
        created_at: at(5),
        state: ReplayState::Running,
        total: 1,
        sent: 0,
        failed: 0,
        died_again: 0,
        reached: 0,
        failures: Vec::new(),
        ended_at: None,
    };
    store.save_replay_job(&job).await.unwrap();
    store.note_died_again(&acme(), "j").await.unwrap();
    assert_eq!(store.unfinished_replay_jobs().await.unwrap().len(), 1);
    let event = dead.event.clone().with(extension::REPLAY_COUNT, 1);
    let record = ReplayRecord { letter: dead, event, at: at(6), by: "Ada".into(), job: Some("j".into()) };
    (job.state, job.sent, job.reached) = (ReplayState::Done, 1, position);
    for _ in 0..2 {
        store.finish_replays(&acme(), std::slice::from_ref(&record), Some(&job)).await.unwrap();
    }
    assert!(store.get_dead_letter(&acme(), position).await.unwrap().is_none());
    let source = record.event.source.clone();
    assert_eq!(store.list_replays(&acme(), &source, "1").await.unwrap(), [record]);
    assert!(store.unfinished_replay_jobs().await.unwrap().is_empty());
    let kept = store.get_replay_job(&acme(), "j").await.unwrap().unwrap();
    assert_eq!((kept.sent, kept.died_again), (1, 1), "both are counted, whoever writes last");
    assert_eq!(store.list_replay_jobs(&acme()).await.unwrap(), [kept]);
    assert!(store.get_replay_job(&other(), "j").await.unwrap().is_none());
    assert_eq!(store.delete_replays_before(at(7)).await.unwrap(), 1);
    assert!(store.list_replays(&acme(), &source, "1").await.unwrap().is_empty());
}
