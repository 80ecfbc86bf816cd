//! Events.

use domain::{
    Cursor, TenantName,
    event::{EventFilter, EventStatus},
};
use store::{Error, NewEvent, Store};

use super::sample::{acme, at, event, function, other};

async fn ids(store: &dyn Store, tenant: &TenantName, filter: EventFilter) -> Vec<String> {
    let page = store.list_events(tenant, &filter, None, 200).await.unwrap();
    assert!(page.next.is_none());
    page.items.into_iter().map(|record| record.event.id).collect()
}

pub(crate) async fn an_event_is_kept_once_and_positions_rise(store: &dyn Store) {
    let first = store.append_events(&[event("1", 1), event("2", 2)]).await.unwrap();
    let again = store.append_events(&[event("2", 9), event("3", 3)]).await.unwrap();
    assert!(first[0].position < first[1].position && first.iter().all(|done| done.new));
    assert_eq!((again[0].position, again[0].new), (first[1].position, false));
    assert!(again[1].position > first[1].position && again[1].new);
    let kept = store.get_event(&acme(), first[1].position).await.unwrap().unwrap();
    assert_eq!((kept.event, kept.received_at), (event("2", 2).event, at(1_000_000)));
    assert_eq!(kept.function, Some(function("f")));
}

pub(crate) async fn another_tenant_may_have_the_same_source_and_id(store: &dyn Store) {
    let foreign = NewEvent { tenant: other(), ..event("1", 1) };
    let done = store.append_events(&[event("1", 1), foreign]).await.unwrap();
    assert!(done[0].new && done[1].new);
}

pub(crate) async fn pages_go_from_the_newest_to_the_oldest_without_gap_or_repeat(store: &dyn Store) {
    // Out of order, and with equal times.
    let events: Vec<_> = (0..25).map(|n| event(&format!("{n:02}"), (n * 7 % 25) / 2)).collect();
    store.append_events(&events).await.unwrap();
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.list_events(&acme(), &EventFilter::default(), cursor.as_ref(), 10).await.unwrap();
        seen.extend(page.items.into_iter().map(|record| (record.at(), record.position)));
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "{seen:?}");
}

pub(crate) async fn every_part_of_the_filter_narrows_the_list(store: &dyn Store) {
    let mut failed = event("failed", 20);
    failed.event.kind = "io.knative.lambda.lifecycle.build.failed".into();
    let mut service = event("service", 30).clone();
    service.event.kind = "io.knative.lambda.lifecycle.service.created".into();
    service.function = Some(function("g"));
    let mut own = event("own", 40);
    own.event.kind = "com.example.order".into();
    own.event.source = "shop".into();
    own.function = None;
    own.event = own.event.with("correlationid", "c-1");
    store.append_events(&[event("plain", 10), failed, service, own]).await.unwrap();
    let filter = EventFilter::default;
    let kind = |kind: &str| EventFilter { kind: Some(kind.into()), ..filter() };
    for (wanted, filter) in [
        (vec!["own", "service", "failed", "plain"], filter()),
        (vec!["service"], EventFilter { function: Some(function("g")), ..filter() }),
        (vec!["failed"], kind("lifecycle.build.failed")),
        (vec!["failed"], kind("io.knative.lambda.lifecycle.build.failed")),
        (vec!["failed", "plain"], kind("lifecycle.build.*")),
        (vec!["service", "failed", "plain"], kind("io.knative.*")),
        (vec!["own"], kind("com.example.order")),
        (vec!["own", "service", "failed", "plain"], kind("*")),
        (vec!["own"], EventFilter { source: Some("shop".into()), ..filter() }),
        (vec!["failed"], EventFilter { status: Some(EventStatus::Failed), ..filter() }),
        (vec!["own", "service", "plain"], EventFilter { status: Some(EventStatus::Ok), ..filter() }),
        (vec!["own"], EventFilter { correlation: Some("c-1".into()), ..filter() }),
        (vec!["service", "failed"], EventFilter { since: Some(at(20)), until: Some(at(40)), ..filter() }),
        (
            vec![],
            EventFilter { function: Some(function("g")), status: Some(EventStatus::Failed), ..filter() },
        ),
    ] {
        assert_eq!(ids(store, &acme(), filter.clone()).await, wanted, "{filter:?}");
    }
}

pub(crate) async fn text_is_found_anywhere_and_wildcards_are_plain_letters(store: &dyn Store) {
    let mut odd = event("odd", 1);
    odd.event.data = Some(serde_json::json!({"text": "100%_sure \"quoted\" Größe"}));
    store.append_events(&[odd, event("plain", 2)]).await.unwrap();
    for (text, wanted) in [
        ("100%_", vec!["odd"]),
        ("SURE \"quoted\"", vec!["odd"]),
        ("Größe", vec!["odd"]),
        ("%", vec!["odd"]),
        ("acme/f", vec!["plain", "odd"]),
        ("plain", vec!["plain"]),
        ("", vec!["plain", "odd"]),
        ("nowhere", vec![]),
    ] {
        let filter = EventFilter { text: Some(text.into()), ..EventFilter::default() };
        assert_eq!(ids(store, &acme(), filter).await, wanted, "{text}");
    }
}

pub(crate) async fn a_text_search_goes_on_over_pages_that_found_nothing(store: &dyn Store) {
    let events: Vec<_> = (0..45_000).map(|n| event(&format!("n{n:05}"), n)).collect();
    for some in events.chunks(5000) {
        store.append_events(some).await.unwrap();
    }
    let filter = EventFilter { text: Some("n00003".into()), ..EventFilter::default() };
    let (mut pages, mut cursor, mut found) = (0, None, Vec::new());
    loop {
        let page = store.list_events(&acme(), &filter, cursor.as_ref(), 10).await.unwrap();
        pages += 1;
        found.extend(page.items);
        match page.next {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    assert_eq!((pages, found.len()), (3, 1));
}

pub(crate) async fn a_chain_is_in_the_order_of_time(store: &dyn Store) {
    let part = |id: &str, time, chain: &str| {
        let new = event(id, time);
        NewEvent { event: new.event.with("correlationid", chain), ..new }
    };
    store.append_events(&[part("b", 2, "c-1"), part("a", 1, "c-1"), part("x", 1, "c-2")]).await.unwrap();
    let chain = store.event_chain(&acme(), "c-1").await.unwrap();
    assert_eq!(chain.iter().map(|record| record.event.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(store.event_chain(&other(), "c-1").await.unwrap().is_empty());
}

pub(crate) async fn events_of_another_tenant_are_not_there(store: &dyn Store) {
    let done = store.append_events(&[event("1", 1)]).await.unwrap();
    assert!(store.get_event(&other(), done[0].position).await.unwrap().is_none());
    assert!(ids(store, &other(), EventFilter::default()).await.is_empty());
}

pub(crate) async fn old_events_are_deleted(store: &dyn Store) {
    let old = NewEvent { received_at: at(5), ..event("old", 1) };
    store.append_events(&[old, event("new", 1)]).await.unwrap();
    assert_eq!(store.prune_events(at(6)).await.unwrap(), 1);
    assert_eq!(ids(store, &acme(), EventFilter::default()).await, ["new"]);
}

pub(crate) async fn a_made_up_cursor_is_refused(store: &dyn Store) {
    for text in ["", "x", "1", "1.2.3", "1.x"] {
        let cursor = Cursor(text.to_owned());
        let refused = store.list_events(&acme(), &EventFilter::default(), Some(&cursor), 10).await;
        assert!(matches!(refused, Err(Error::Cursor)), "{text}");
    }
}

pub(crate) async fn an_overview_counts_the_newest_by_stretches_of_time(store: &dyn Store) {
    let everything = EventFilter::default();
    assert_eq!(store.event_overview(&acme(), &everything, 10, 5).await.unwrap(), None);
    let events: Vec<NewEvent> =
        [0, 100, 101, 102, 103, 199].map(|time| event(&time.to_string(), time)).into();
    store.append_events(&events).await.unwrap();
    let seen = store.event_overview(&acme(), &everything, 10, 5).await.unwrap().unwrap();
    assert_eq!((seen.from, seen.step_ms, seen.more), (at(0), 40, false));
    assert_eq!(seen.counts, [1, 0, 4, 0, 1]);
    let newest = store.event_overview(&acme(), &everything, 5, 5).await.unwrap().unwrap();
    assert_eq!((newest.from, newest.more, newest.counts), (at(100), true, vec![4, 0, 0, 0, 1]));
    let since = EventFilter { since: Some(at(101)), until: Some(at(103)), ..EventFilter::default() };
    assert_eq!(store.event_overview(&acme(), &since, 10, 2).await.unwrap().unwrap().counts, [1, 1]);
    let text = EventFilter { text: Some("x".into()), ..EventFilter::default() };
    assert_eq!(store.event_overview(&acme(), &text, 10, 5).await.unwrap(), None);
}
