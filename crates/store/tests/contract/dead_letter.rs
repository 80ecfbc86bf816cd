//! Dead letters.

use domain::deadletter::{Attempt, FailureKind};
use store::{DeadLetterFilter, NewDeadLetter, Store};

use super::sample::{acme, at, event, function, other};

pub(crate) async fn a_dead_letter_is_kept_once_listed_and_deleted(store: &dyn Store) {
    let letter = |id: &str, kind| NewDeadLetter {
        tenant: acme(),
        function: function("f"),
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
    };
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
