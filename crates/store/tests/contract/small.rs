//! Saved tests and preferences.

use domain::invocation::{InvokeRequest, SavedTest};
use store::Store;

use super::sample::{acme, at, function, other};

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
