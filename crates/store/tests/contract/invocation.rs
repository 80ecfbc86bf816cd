//! Calls.

use domain::invocation::{ColdStart, Invocation};
use store::Store;

use super::sample::{acme, at, function};

fn call(n: u16) -> Invocation {
    Invocation {
        id: format!("i{n}"),
        tenant: acme(),
        function: function("f"),
        trigger: "http".into(),
        revision: Some("f-00001".into()),
        pod: None,
        at: at(i64::from(n)),
        method: "POST".into(),
        status: if n.is_multiple_of(10) { 500 } else { 200 },
        queue_ms: 0.0,
        run_ms: f64::from(n),
        cold_start: (n == 1).then_some(ColdStart::Zero),
        correlation_id: "c-1".into(),
    }
}

pub(crate) async fn calls_are_kept_once_and_listed_newest_first(store: &dyn Store) {
    let calls: Vec<_> = (1..=5).map(call).collect();
    store.append_invocations(&calls).await.unwrap();
    store.append_invocations(&calls).await.unwrap();
    let first = store.list_invocations(&acme(), &function("f"), None, 3).await.unwrap();
    assert_eq!(first.items, [call(5), call(4), call(3)]);
    let rest = store.list_invocations(&acme(), &function("f"), first.next.as_ref(), 3).await.unwrap();
    assert_eq!((rest.items.len(), rest.next), (2, None));
    assert_eq!(store.prune_invocations(at(3)).await.unwrap(), 2);
}

pub(crate) async fn figures_are_taken_from_the_calls(store: &dyn Store) {
    let none = store.invocation_stats(&acme(), &function("f"), at(0)).await.unwrap();
    assert_eq!((none.calls, none.p99_ms), (0, 0.0));
    store.append_invocations(&(1..=100).map(call).collect::<Vec<_>>()).await.unwrap();
    let all = store.invocation_stats(&acme(), &function("f"), at(0)).await.unwrap();
    assert_eq!((all.calls, all.errors, all.cold_starts), (100, 10, 1));
    assert_eq!((all.p50_ms, all.p95_ms, all.p99_ms), (50.0, 95.0, 99.0));
    assert_eq!(store.invocation_stats(&acme(), &function("f"), at(91)).await.unwrap().calls, 10);
}
