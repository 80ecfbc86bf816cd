//! Saved tests and preferences; texts that no table may stumble over.

use domain::{
    deadletter::FailureKind,
    event::EventFilter,
    invocation::{InvokeRequest, SavedTest},
    log::{Level, LogQuery, LogTarget, Stream},
};
use store::{Checkpoint, DeadLetterFilter, LogLimits, NewDeadLetter, NewLine, SessionRecord, Store};

use super::sample::{acme, at, event, function, other};

pub(crate) async fn saved_tests_are_replaced_by_name(store: &dyn Store) {
    let test = |name: &str, body: &str| SavedTest {
        name: name.into(),
        request: InvokeRequest::json(body),
        saved_at: at(1),
    };
    let f = function("f");
    for test in [test("b", "1"), test("a", "2"), test("b", "3")] {
        store.save_test(&acme(), &f, &test).await.unwrap();
    }
    assert_eq!(store.list_saved_tests(&acme(), &f).await.unwrap(), [test("a", "2"), test("b", "3")]);
    assert!(store.list_saved_tests(&other(), &f).await.unwrap().is_empty());
    assert!(store.delete_saved_test(&acme(), &f, "a").await.unwrap());
    assert!(!store.delete_saved_test(&acme(), &f, "a").await.unwrap());
    store.delete_saved_tests(&acme(), &f).await.unwrap();
    assert!(store.list_saved_tests(&acme(), &f).await.unwrap().is_empty());
}

pub(crate) async fn preferences_are_per_user(store: &dyn Store) {
    store.set_preference("ada", "theme", Some("dark")).await.unwrap();
    store.set_preference("ada", "theme", Some("light")).await.unwrap();
    store.set_preference("ada", "wrap", Some("on")).await.unwrap();
    assert_eq!(store.preference("ada", "theme").await.unwrap().as_deref(), Some("light"));
    assert_eq!(store.preference("bob", "theme").await.unwrap(), None);
    store.set_preference("ada", "wrap", None).await.unwrap();
    let all = store.preferences("ada").await.unwrap();
    assert_eq!(all, [("theme".to_owned(), "light".to_owned())]);
}

pub(crate) async fn a_nul_in_a_text_stopped_the_table(store: &dyn Store) {
    let nul = "a\0b".to_owned();
    let mut poison = event("a\0b", 1);
    (poison.event.source, poison.event.kind) = (nul.clone(), nul.clone());
    poison.event = poison.event.with("correlationid", nul.clone());
    let kept = store.append_events(&[event("1", 1), poison.clone(), event("2", 2)]).await.unwrap();
    assert!(kept.iter().all(|kept| kept.new));
    assert!(!store.append_events(&[poison.clone()]).await.unwrap()[0].new, "and once");
    let filter = EventFilter {
        source: Some(nul.clone()),
        kind: Some(nul.clone()),
        correlation: Some(nul.clone()),
        text: Some(nul.clone()),
        ..EventFilter::default()
    };
    assert_eq!(store.list_events(&acme(), &filter, None, 10).await.unwrap().items.len(), 1);
    assert_eq!(store.event_chain(&acme(), &nul).await.unwrap().len(), 1);

    let letter = NewDeadLetter {
        tenant: acme(),
        function: None,
        queue: nul.clone(),
        kind: FailureKind::Permanent,
        reason: nul.clone(),
        attempts: Vec::new(),
        died_at: at(1),
        event: poison.event.clone(),
    };
    let position = store.append_dead_letter(&letter).await.unwrap();
    assert_eq!(store.append_dead_letter(&letter).await.unwrap(), position);
    let filter = DeadLetterFilter { correlation: Some(nul.clone()), ..DeadLetterFilter::default() };
    assert_eq!(store.list_dead_letters(&acme(), &filter, None, 10).await.unwrap().items.len(), 1);
    assert!(store.list_replays(&acme(), &nul, &nul).await.unwrap().is_empty());

    store.set_preference(&nul, &nul, Some(&nul)).await.unwrap();
    assert!(store.preference(&nul, &nul).await.unwrap().is_some());
    assert!(!store.delete_saved_test(&acme(), &function("f"), &nul).await.unwrap());
    let session = SessionRecord { user: Some(nul.clone()), data: nul.clone(), expires_at: at(9) };
    store.save_session("s", &session).await.unwrap();
    assert_eq!(store.delete_sessions_of(&nul).await.unwrap(), 1);

    let target = LogTarget::Function(function("f"));
    let line = NewLine {
        at: at(1),
        stream: Stream::Stdout,
        level: Level::Info,
        text: nul.clone(),
        group: Some(nul.clone()),
        correlation: Some(nul.clone()),
    };
    let checkpoint = Checkpoint { source: nul.clone(), position: nul.clone() };
    let limits = LogLimits::default();
    store.append_log(&acme(), &target, &[line], Some(&checkpoint), limits).await.unwrap();
    let query = LogQuery { correlation: Some(nul.clone()), group: Some(nul), ..LogQuery::default() };
    assert_eq!(store.read_log(&acme(), &target, &query).await.unwrap().lines.len(), 1);
}
