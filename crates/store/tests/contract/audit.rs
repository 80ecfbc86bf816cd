//! The audit trail.

use domain::audit::{AuditEntry, AuditFilter, AuditResult};
use store::Store;

use super::sample::{acme, at, other};

fn act(action: &str, actor: &str, time: i64) -> AuditEntry {
    AuditEntry {
        at: at(time),
        actor: actor.into(),
        actor_name: actor.into(),
        tenant: Some(acme()),
        action: action.into(),
        object: "hello".into(),
        result: AuditResult::Success,
        reason: String::new(),
        before: [("spec.scaling.maxReplicas".to_owned(), 1.into())].into(),
        after: [("spec.scaling.maxReplicas".to_owned(), 2.into())].into(),
        correlation_id: format!("c-{time}"),
        address: Some("127.0.0.1".into()),
    }
}

pub(crate) async fn acts_are_listed_newest_first_and_by_filter(store: &dyn Store) {
    let acts = [
        act("function.create", "ada", 1),
        act("function.delete", "ada", 2),
        AuditEntry { tenant: Some(other()), result: AuditResult::Denied, ..act("functional", "bob", 3) },
        AuditEntry { tenant: None, object: "with\0nul".into(), ..act("session.begin", "bob", 4) },
    ];
    for (number, act) in acts.iter().enumerate() {
        assert_eq!(store.append_audit(act).await.unwrap(), number as i64 + 1);
    }
    let list = async |filter: AuditFilter| {
        let page = store.list_audit(&filter, None, 10).await.unwrap();
        page.items.iter().map(|record| record.position).collect::<Vec<_>>()
    };
    let all = AuditFilter::default();
    assert_eq!(list(all.clone()).await, [4, 3, 2, 1]);
    assert_eq!(list(AuditFilter { tenant: Some(acme()), ..all.clone() }).await, [2, 1]);
    assert_eq!(list(AuditFilter { actor: Some("bob".into()), ..all.clone() }).await, [4, 3]);
    assert_eq!(list(AuditFilter { action: Some("function".into()), ..all.clone() }).await, [2, 1]);
    assert_eq!(list(AuditFilter { action: Some("session.begin".into()), ..all.clone() }).await, [4]);
    assert_eq!(list(AuditFilter { result: Some(AuditResult::Denied), ..all.clone() }).await, [3]);
    assert_eq!(list(AuditFilter { correlation: Some("c-2".into()), ..all.clone() }).await, [2]);
    assert_eq!(list(AuditFilter { since: Some(at(2)), until: Some(at(4)), ..all.clone() }).await, [3, 2]);
    let first = store.list_audit(&all, None, 3).await.unwrap();
    let second = store.list_audit(&all, first.next.as_ref(), 3).await.unwrap();
    assert_eq!((second.items.len(), second.next), (1, None));
    assert_eq!(second.items[0].entry, acts[0]);
    let check = store.verify_audit().await.unwrap();
    assert_eq!((check.checked, check.broken), (4, None));
    assert_eq!(check.head, first.items[0].hash);
}

pub(crate) async fn acts_that_are_kept_at_once_stand_in_one_chain(store: &dyn Store) {
    let acts: Vec<_> = (0..50).map(|number| act("function.invoke", "ada", number)).collect();
    let kept = futures::future::join_all(acts.iter().map(|act| store.append_audit(act))).await;
    let mut positions: Vec<_> = kept.into_iter().map(Result::unwrap).collect();
    positions.sort_unstable();
    assert_eq!(positions, (1..=50).collect::<Vec<_>>());
    assert_eq!(store.verify_audit().await.unwrap().broken, None);
}
