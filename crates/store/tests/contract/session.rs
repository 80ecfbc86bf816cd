//! Sign-in.

use domain::{
    TenantName,
    identity::{Role, User},
};
use store::{NewApiToken, SessionRecord, Store};

use super::sample::{acme, at, other};

fn user() -> User {
    User { platform_admin: true, ..User::local("ada") }
}

pub(crate) async fn a_session_lives_until_it_ends(store: &dyn Store) {
    let session = SessionRecord { user: Some("local:ada".into()), data: "{}".into(), expires_at: at(100) };
    assert!(store.create_session("s1", &session).await.unwrap());
    assert!(!store.create_session("s1", &session).await.unwrap());
    assert_eq!(store.load_session("s1", at(99)).await.unwrap(), Some(session.clone()));
    assert_eq!(store.load_session("s1", at(100)).await.unwrap(), None);
    let longer = SessionRecord { expires_at: at(200), ..session };
    store.save_session("s1", &longer).await.unwrap();
    assert!(store.load_session("s1", at(150)).await.unwrap().is_some());
    store.save_session("s2", &longer).await.unwrap();
    store.delete_session("s2").await.unwrap();
    assert_eq!(store.delete_sessions_of("local:ada").await.unwrap(), 1);
    assert_eq!(store.load_session("s1", at(150)).await.unwrap(), None);
}

pub(crate) async fn a_user_sees_and_ends_their_own_sessions_only(store: &dyn Store) {
    let of = |user: &str, ends: i64| SessionRecord {
        user: Some(user.into()),
        data: format!("of {user}"),
        expires_at: at(ends),
    };
    for (id, session) in [("a1", of("ada", 100)), ("a2", of("ada", 200)), ("b1", of("bob", 200))] {
        store.save_session(id, &session).await.unwrap();
    }
    let keys = async |user: &str, now: i64| {
        let found = store.list_sessions_of(user, at(now)).await.unwrap();
        found.into_iter().map(|(key, _)| key).collect::<Vec<_>>()
    };
    let key = store::session_key;
    assert_eq!(keys("ada", 1).await, [key("a2"), key("a1")]);
    assert_eq!(keys("ada", 150).await, [key("a2")], "one has ended");
    assert!(!store.revoke_session("ada", &key("b1")).await.unwrap(), "of someone else");
    assert!(store.revoke_session("ada", &key("a2")).await.unwrap());
    assert_eq!(store.load_session("a2", at(1)).await.unwrap(), None);
    assert_eq!(keys("bob", 1).await, [key("b1")]);
}

pub(crate) async fn a_sign_in_link_works_once(store: &dyn Store) {
    store.create_sign_in_link("secret", &user(), at(100)).await.unwrap();
    store.create_sign_in_link("late", &user(), at(100)).await.unwrap();
    let (one, two) =
        tokio::join!(store.take_sign_in_link("secret", at(1)), store.take_sign_in_link("secret", at(1)));
    let mut taken = [one.unwrap(), two.unwrap()];
    taken.sort_by_key(Option::is_none);
    assert_eq!(taken, [Some(user()), None]);
    assert_eq!(store.take_sign_in_link("late", at(100)).await.unwrap(), None);
    assert_eq!(store.take_sign_in_link("guess", at(1)).await.unwrap(), None);
}

pub(crate) async fn a_token_is_found_by_its_secret_until_it_is_revoked_or_ends(store: &dyn Store) {
    let token = NewApiToken {
        id: "t1".into(),
        name: "ci".into(),
        user: user(),
        created_at: at(1),
        expires_at: Some(at(100_000)),
    };
    store.save_api_token("secret", &token).await.unwrap();
    let found = store.find_api_token("secret", at(10)).await.unwrap().unwrap();
    assert_eq!((found.token, found.used_at), (token.clone(), None));
    assert_eq!(store.find_api_token("secret", at(11)).await.unwrap().unwrap().used_at, Some(at(10)));
    assert!(store.find_api_token("secret", at(100_000)).await.unwrap().is_none());
    assert!(store.find_api_token("t1", at(10)).await.unwrap().is_none());
    store.save_api_token("secret-2", &token).await.unwrap();
    assert!(store.find_api_token("secret", at(10)).await.unwrap().is_none(), "replaced");
    assert!(store.delete_api_token("t1").await.unwrap());
    assert!(!store.delete_api_token("t1").await.unwrap());
    assert!(store.find_api_token("secret-2", at(10)).await.unwrap().is_none());
    store.save_api_token("secret", &token).await.unwrap();
    assert_eq!(store.prune_sessions(at(100_000)).await.unwrap(), 1);
}

pub(crate) async fn secrets_are_not_stored(store: &dyn Store) {
    let token =
        NewApiToken { id: "t1".into(), name: "ci".into(), user: user(), created_at: at(1), expires_at: None };
    store.save_api_token("plain-secret", &token).await.unwrap();
    let found = format!("{:?}", store.find_api_token("plain-secret", at(1)).await.unwrap().unwrap());
    assert!(!found.contains("plain-secret"));
}

pub(crate) async fn the_tokens_of_a_tenant_go_however_many_there_are(store: &dyn Store) {
    let token = |number: usize, tenant: TenantName| NewApiToken {
        id: format!("t{number}"),
        name: "ci".into(),
        user: User { roles: vec![(tenant, Role::Developer)], ..user() },
        created_at: at(number as i64),
        expires_at: None,
    };
    // More than are listed at once, and the oldest are not the last.
    for number in 0..1001 {
        store.save_api_token(&format!("secret-{number}"), &token(number, acme())).await.unwrap();
    }
    store.save_api_token("other", &token(2000, other())).await.unwrap();
    assert_eq!(store.delete_api_tokens_of(&acme()).await.unwrap(), 1001);
    assert!(store.find_api_token("secret-0", at(1)).await.unwrap().is_none());
    assert!(store.find_api_token("other", at(1)).await.unwrap().is_some());
}
