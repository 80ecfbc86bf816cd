//! Builds.

use domain::{
    build::{Build, BuildReport, BuildState},
    function::Language,
};
use store::Store;

use super::sample::{acme, at, function, other};

fn build(number: i64, state: BuildState) -> Build {
    Build {
        id: format!("f-b{number}").parse().unwrap(),
        function: function("f"),
        number,
        state,
        language: Language::Python,
        source_hash: "abc".into(),
        attempt: 1,
        queue_position: None,
        correlation_id: "c-1".parse().unwrap(),
        created_at: at(number),
        started_at: None,
        finished_at: None,
        report: BuildReport { image: None, digest: None, failure: None, steps: Vec::new() },
    }
}

pub(crate) async fn a_build_is_kept_as_it_stands_and_an_ended_one_stays_ended(store: &dyn Store) {
    let stands = async |state| {
        store.upsert_build(&acme(), &build(1, state)).await.unwrap();
        store.get_build(&acme(), &build(1, state).id).await.unwrap().unwrap().state
    };
    assert_eq!(stands(BuildState::Queued).await, BuildState::Queued);
    assert_eq!(stands(BuildState::Running).await, BuildState::Running);
    assert_eq!(stands(BuildState::Completed).await, BuildState::Completed);
    assert_eq!(stands(BuildState::Running).await, BuildState::Completed);
    assert!(store.get_build(&other(), &build(1, BuildState::Queued).id).await.unwrap().is_none());
}

pub(crate) async fn builds_are_listed_by_number(store: &dyn Store) {
    for number in [3, 1, 2] {
        store.upsert_build(&acme(), &build(number, BuildState::Failed)).await.unwrap();
    }
    let first = store.list_builds(&acme(), &function("f"), None, 2).await.unwrap();
    assert_eq!(first.items.iter().map(|build| build.number).collect::<Vec<_>>(), [3, 2]);
    let second = store.list_builds(&acme(), &function("f"), first.next.as_ref(), 2).await.unwrap();
    assert_eq!((second.items[0].number, second.next), (1, None));
    assert_eq!(store.last_build_number(&acme(), &function("f")).await.unwrap(), 3);
    assert_eq!(store.last_build_number(&acme(), &function("g")).await.unwrap(), 0);
}

pub(crate) async fn builds_of_a_deleted_function_are_gone(store: &dyn Store) {
    for number in [1, 2] {
        store.upsert_build(&acme(), &build(number, BuildState::Completed)).await.unwrap();
    }
    store.upsert_build(&other(), &build(1, BuildState::Completed)).await.unwrap();
    let newer = build(2, BuildState::Completed).id;
    let gone = store.delete_builds(&acme(), &function("f"), &|id| *id == newer).await.unwrap();
    assert_eq!(gone, [build(1, BuildState::Completed).id]);
    assert!(store.get_build(&acme(), &gone[0]).await.unwrap().is_none());
    assert!(store.get_build(&acme(), &newer).await.unwrap().is_some());
    assert!(store.get_build(&other(), &gone[0]).await.unwrap().is_some());
}
