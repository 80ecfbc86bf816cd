//! The server: what can be wrong with it, restarts, replicas, and partitions by day.

#![expect(clippy::unwrap_used, reason = "in helpers of tests a panic is the failure")]

#[path = "server/own.rs"]
mod own;
#[path = "contract/sample.rs"]
mod sample;
mod server;

use std::{sync::Arc, time::Duration};

use domain::event::{EventFilter, EventRecord};
use own::Server;
use sample::{acme, at, event, other};
use server::Database;
use store::{Error, LogLimits, NewEvent, NewLine, Store};

const DAY: i64 = 86_400_000;

async fn open(url: &str) -> Result<Arc<dyn Store>, Error> {
    store::open(url).await
}

#[tokio::test]
async fn a_server_that_is_not_there_and_a_missing_database_are_told() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = open(&format!("postgres://nobody@{free}/rows")).await.err().unwrap();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    let database = Database::new();
    let error = open(&format!("{}_absent", database.url())).await.err().unwrap();
    assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    let error = open("postgres://host:no-port/rows").await.err().unwrap();
    assert!(matches!(error, Error::Unsupported(_)), "{error:?}");
}

#[tokio::test]
async fn replicas_that_start_at_once_migrate_once() {
    let database = Database::new();
    let starts = (0..6).map(|_| open(database.url()));
    for store in futures::future::join_all(starts).await {
        let store = store.unwrap();
        store.ping().await.unwrap();
        store.close().await;
    }
}

#[tokio::test]
async fn a_schema_of_a_newer_program_is_told() {
    let database = Database::new();
    open(database.url()).await.unwrap().close().await;
    database.run(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'future', true, '\\x00', 1)",
    );
    let error = open(database.url()).await.err().unwrap();
    assert!(matches!(error, Error::NewerSchema(9999)), "{error:?}");
}

/// All events by the time at which they happened.
async fn oldest_first(store: &dyn Store) -> Vec<EventRecord> {
    let page = store.list_events(&acme(), &EventFilter::default(), None, 1000).await.unwrap();
    assert!(page.next.is_none());
    page.items.into_iter().rev().collect()
}

#[tokio::test]
async fn replicas_that_append_the_same_events_keep_each_once_in_order() {
    let database = Database::new();
    let (one, two) = (open(database.url()).await.unwrap(), open(database.url()).await.unwrap());
    let events: Vec<NewEvent> = (0..500).map(|n| event(&n.to_string(), n)).collect();
    let append = async |store: &Arc<dyn Store>| {
        let mut new = 0;
        for some in events.chunks(50) {
            new += store.append_events(some).await.unwrap().iter().filter(|done| done.new).count();
        }
        new
    };
    let (first, second) = tokio::join!(append(&one), append(&two));
    assert_eq!(first + second, 500);
    let positions: Vec<i64> = oldest_first(&*one).await.iter().map(|record| record.position).collect();
    assert!(positions.len() == 500 && positions.is_sorted());
}

#[tokio::test]
async fn replicas_that_append_to_one_log_number_no_line_twice() {
    let database = Database::new();
    let (one, two) = (open(database.url()).await.unwrap(), open(database.url()).await.unwrap());
    let target = domain::log::LogTarget::Function(sample::function("f"));
    let line = NewLine {
        at: at(1),
        stream: domain::log::Stream::Stdout,
        level: domain::log::Level::Info,
        text: "a NUL \0 in it".into(),
        group: None,
        correlation: None,
    };
    let append = async |store: &Arc<dyn Store>| {
        for _ in 0..30 {
            let some = [line.clone(), line.clone()];
            store.append_log(&acme(), &target, &some, None, LogLimits::default()).await.unwrap();
        }
    };
    tokio::join!(append(&one), append(&two));
    assert_eq!(one.last_log_number(&acme(), &target).await.unwrap(), 120);
}

#[tokio::test]
async fn days_that_are_too_old_are_dropped_with_what_is_known_of_them() {
    let database = Database::new();
    let store = open(database.url()).await.unwrap();
    let on = |id: &str, day: i64| NewEvent { received_at: at(day * DAY + 5), ..event(id, day) };
    store.append_events(&[on("a", 100), on("b", 100), on("c", 101), on("d", 102)]).await.unwrap();
    assert_eq!(database.ask("SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass"), "3");
    assert_eq!(store.prune_events(at(101 * DAY + 6)).await.unwrap(), 3);
    assert_eq!(database.ask("SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass"), "2");
    assert_eq!(database.ask("SELECT count(*) FROM event_identities"), "1");
    let again = store.append_events(&[on("a", 100), on("d", 102)]).await.unwrap();
    assert_eq!([again[0].new, again[1].new], [true, false]);
    assert!(store.list_events(&other(), &EventFilter::default(), None, 10).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn a_value_that_the_database_does_not_take_looked_like_a_database_that_is_away() {
    let database = Database::new();
    let store = open(database.url()).await.unwrap();
    // Random enough that it is not packed into less than what an index entry may have.
    let mut random = 1_u64;
    let mut letter = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(33 + (random >> 33) as u8 % 89)
    };
    let mut poison = event("1", 1);
    poison.event.kind = (0..12_000).map(|_| letter()).collect();
    let refused = store.append_events(&[poison]).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(_)), "{refused:?}");
    store.append_events(&[event("2", 1)]).await.unwrap();
}

#[tokio::test]
async fn connections_that_were_cut_are_made_again() {
    let database = Database::new();
    let store = open(database.url()).await.unwrap();
    store.set_preference("ada", "theme", Some("dark")).await.unwrap();
    database.cut();
    assert_eq!(store.preference("ada", "theme").await.unwrap().as_deref(), Some("dark"));
}

#[tokio::test]
async fn a_server_that_restarts_while_events_come_in_loses_and_doubles_none() {
    let server = Server::start();
    let store = open(&server.url()).await.unwrap();
    let events: Vec<NewEvent> = (0..400).map(|n| event(&n.to_string(), n)).collect();
    let mut failed = 0;
    for (round, some) in events.chunks(20).enumerate() {
        if round == 5 {
            server.stop("immediate");
            assert!(store.ping().await.is_err(), "it says that it is away");
            server.start_again();
        }
        // As the recorder does: what was not committed is tried again.
        while let Err(error) = store.append_events(some).await {
            assert!(matches!(error, Error::Unreachable(_) | Error::Database(_)), "{error:?}");
            failed += 1;
            assert!(failed < 100, "{error:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    let kept = oldest_first(&*store).await;
    assert!(kept.is_sorted_by_key(|record| record.position));
    assert!(kept.iter().map(|record| record.event.id.parse::<u32>().unwrap()).eq(0..400));
    store.close().await;
}
