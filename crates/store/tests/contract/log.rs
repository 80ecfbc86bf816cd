//! Logs.

use domain::log::{Level, LogQuery, LogState, LogTarget, Stream};
use store::{Checkpoint, LogLimits, NewLine, Store};

use super::sample::{acme, at, function, other};

fn line(text: impl Into<String>) -> NewLine {
    NewLine {
        at: at(1000),
        stream: Stream::Stdout,
        level: Level::Info,
        text: text.into(),
        group: None,
        correlation: None,
    }
}

fn lines(range: std::ops::Range<u32>) -> Vec<NewLine> {
    range.map(|n| line(format!("line {n}"))).collect()
}

fn of_function() -> LogTarget {
    LogTarget::Function(function("f"))
}

fn of_build() -> LogTarget {
    LogTarget::Build("f-b1".parse().unwrap())
}

async fn append(store: &dyn Store, target: &LogTarget, lines: &[NewLine]) -> u64 {
    store.append_log(&acme(), target, lines, None, LogLimits::default()).await.unwrap()
}

pub(crate) async fn lines_are_numbered_without_gaps_over_appends(store: &dyn Store) {
    assert_eq!(append(store, &of_function(), &lines(0..3)).await, 3);
    assert_eq!(append(store, &of_function(), &[]).await, 3);
    assert_eq!(append(store, &of_function(), &lines(3..1200)).await, 1200);
    let query = LogQuery { after: Some(0), limit: Some(5000), ..LogQuery::default() };
    let page = store.read_log(&acme(), &of_function(), &query).await.unwrap();
    assert!(page.lines.iter().map(|line| line.number).eq(1..=1200));
    assert_eq!(page.lines[700].text, "line 700");
    assert_eq!((page.first, page.last, page.matched), (1, 1200, 1200));
    assert_eq!(store.last_log_number(&acme(), &of_function()).await.unwrap(), 1200);
}

pub(crate) async fn the_tail_a_page_before_and_a_page_after_are_read(store: &dyn Store) {
    append(store, &of_function(), &lines(0..100)).await;
    let read = async |query: LogQuery| {
        let page = store.read_log(&acme(), &of_function(), &query).await.unwrap();
        page.lines.iter().map(|line| line.number).collect::<Vec<_>>()
    };
    let query = LogQuery { limit: Some(3), ..LogQuery::default() };
    assert_eq!(read(query.clone()).await, [98, 99, 100]);
    assert_eq!(read(LogQuery { before: Some(98), ..query.clone() }).await, [95, 96, 97]);
    assert_eq!(read(LogQuery { after: Some(97), ..query.clone() }).await, [98, 99, 100]);
    assert!(read(LogQuery { after: Some(100), ..query.clone() }).await.is_empty());
    assert!(read(LogQuery { after: Some(u64::MAX), ..query }).await.is_empty());
}

pub(crate) async fn lines_are_filtered_by_level_text_group_and_call(store: &dyn Store) {
    let mut some = vec![line("Alpha 50%"); 5];
    some[1].level = Level::Debug;
    some[2].level = Level::Error;
    some[3].group = Some("f-00001".into());
    some[4].correlation = Some("call-1".into());
    some[4].text = "beta".into();
    some[4].stream = Stream::Stderr;
    append(store, &of_function(), &some).await;
    for (wanted, query) in [
        (vec![1, 3, 4, 5], LogQuery { level: Some(Level::Info), ..LogQuery::default() }),
        (vec![3], LogQuery { level: Some(Level::Error), ..LogQuery::default() }),
        (vec![1, 2, 3, 4], LogQuery { text: Some("alpha 50%".into()), ..LogQuery::default() }),
        (vec![4], LogQuery { group: Some("f-00001".into()), ..LogQuery::default() }),
        (vec![5], LogQuery { correlation: Some("call-1".into()), ..LogQuery::default() }),
    ] {
        let page = store.read_log(&acme(), &of_function(), &query).await.unwrap();
        let numbers: Vec<_> = page.lines.iter().map(|line| line.number).collect();
        assert_eq!(numbers, wanted, "{query:?}");
        assert_eq!((page.matched, page.last), (wanted.len() as u64, 5));
    }
    let query = LogQuery { after: Some(4), ..LogQuery::default() };
    let page = store.read_log(&acme(), &of_function(), &query).await.unwrap();
    assert_eq!((page.lines[0].stream, page.lines[0].text.as_str()), (Stream::Stderr, "beta"));
}

pub(crate) async fn a_log_keeps_its_newest_lines(store: &dyn Store) {
    let limits = LogLimits { lines: 100, bytes: 1 << 30 };
    for start in 0..30 {
        let some = lines(start * 10..start * 10 + 10);
        store.append_log(&acme(), &of_function(), &some, None, limits).await.unwrap();
    }
    let query = LogQuery { after: Some(0), ..LogQuery::default() };
    let page = store.read_log(&acme(), &of_function(), &query).await.unwrap();
    assert!((90..=100).contains(&page.lines.len()), "{}", page.lines.len());
    assert_eq!((page.last, page.first), (300, page.lines[0].number));
    assert!(page.lines.iter().map(|line| line.number).eq(page.first..=300));
}

pub(crate) async fn a_log_keeps_within_its_bytes(store: &dyn Store) {
    let limits = LogLimits { lines: 1_000_000, bytes: 100_000 };
    for _ in 0..20 {
        let some = vec![line("ä".repeat(500)); 20];
        store.append_log(&acme(), &of_function(), &some, None, limits).await.unwrap();
    }
    let query = LogQuery { after: Some(0), limit: Some(5000), ..LogQuery::default() };
    let page = store.read_log(&acme(), &of_function(), &query).await.unwrap();
    let bytes: usize = page.lines.iter().map(|line| line.text.len()).sum();
    assert!((70_000..=100_000).contains(&bytes), "{bytes}");
    let huge = [line("x".repeat(200_000))];
    store.append_log(&acme(), &of_function(), &huge, None, limits).await.unwrap();
    let page = store.read_log(&acme(), &of_function(), &query).await.unwrap();
    assert_eq!(page.lines.last().unwrap().text.len(), 200_000, "the newest line stays");
}

pub(crate) async fn a_log_tells_how_it_stands(store: &dyn Store) {
    let state = async || store.read_log(&acme(), &of_build(), &LogQuery::default()).await.unwrap().state;
    assert_eq!(state().await, LogState::Waiting);
    store.open_log(&acme(), &of_build(), at(1)).await.unwrap();
    assert_eq!(state().await, LogState::Waiting);
    append(store, &of_build(), &lines(0..1)).await;
    assert_eq!(state().await, LogState::Open);
    store.end_log(&acme(), &of_build(), at(2)).await.unwrap();
    assert_eq!(state().await, LogState::Ended);
    store.delete_log(&acme(), &of_build()).await.unwrap();
    assert_eq!(state().await, LogState::Waiting);
    assert_eq!(append(store, &of_build(), &lines(0..1)).await, 1);
}

pub(crate) async fn a_checkpoint_is_kept_with_its_lines(store: &dyn Store) {
    let reached = async |source: &str| store.log_checkpoint(&acme(), &of_build(), source).await.unwrap();
    assert_eq!(reached("pod-1").await, None);
    for position in ["10", "20"] {
        let checkpoint = Checkpoint { source: "pod-1".into(), position: position.into() };
        let limits = LogLimits::default();
        store.append_log(&acme(), &of_build(), &lines(0..2), Some(&checkpoint), limits).await.unwrap();
    }
    assert_eq!(reached("pod-1").await.as_deref(), Some("20"));
    assert_eq!(reached("pod-2").await, None);
}

pub(crate) async fn logs_of_tenants_and_targets_are_apart(store: &dyn Store) {
    append(store, &of_build(), &lines(0..2)).await;
    append(store, &of_function(), &lines(0..3)).await;
    assert_eq!(store.last_log_number(&acme(), &of_build()).await.unwrap(), 2);
    assert_eq!(store.last_log_number(&acme(), &of_function()).await.unwrap(), 3);
    assert_eq!(store.last_log_number(&other(), &of_build()).await.unwrap(), 0);
}

pub(crate) async fn an_expired_build_log_says_so(store: &dyn Store) {
    append(store, &of_build(), &lines(0..2)).await;
    append(store, &of_function(), &lines(0..2)).await;
    assert_eq!(store.expire_build_logs(at(1000)).await.unwrap(), 0);
    assert_eq!(store.expire_build_logs(at(1001)).await.unwrap(), 1);
    assert_eq!(store.expire_build_logs(at(1001)).await.unwrap(), 0);
    let page = store.read_log(&acme(), &of_build(), &LogQuery::default()).await.unwrap();
    assert_eq!((page.state, page.lines.len(), page.first, page.last), (LogState::Expired, 0, 0, 2));
    assert_eq!(store.last_log_number(&acme(), &of_function()).await.unwrap(), 2);
}

pub(crate) async fn the_beginning_of_a_log_is_cut_off_by_time(store: &dyn Store) {
    let cut = async |time| {
        store.cut_log(&acme(), &of_function(), at(time)).await.unwrap();
        let page = store.read_log(&acme(), &of_function(), &LogQuery::default()).await.unwrap();
        (page.first, page.last, page.lines.len())
    };
    assert_eq!(cut(1).await, (0, 0, 0), "there is none");
    let line = |time| NewLine { at: at(time), ..line("x") };
    append(store, &of_function(), &[line(10), line(11), line(20), line(12)]).await;
    assert_eq!(cut(10).await, (1, 4, 4));
    assert_eq!(cut(20).await, (3, 4, 2));
    assert_eq!(cut(100).await, (0, 4, 0));
    assert_eq!(append(store, &of_function(), &[line(101)]).await, 5);
}
