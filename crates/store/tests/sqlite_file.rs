//! The file: what can be wrong with it, and that two processes do not share a folder.

use std::path::Path;

use store::{DataDirLock, Error};

async fn open(path: &Path) -> Result<std::sync::Arc<dyn store::Store>, Error> {
    store::open(&format!("sqlite:{}", path.display())).await
}

#[tokio::test]
async fn a_missing_folder_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none/rows.db");
    let error = open(&path).await.err().unwrap();
    assert!(matches!(&error, Error::NotWritable(of) if *of == path), "{error:?}");
}

#[tokio::test]
async fn a_file_of_another_kind_is_told_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.db");
    let text = "this is no database ".repeat(1000);
    std::fs::write(&path, &text).unwrap();
    let error = open(&path).await.err().unwrap();
    assert!(matches!(&error, Error::NotADatabase(of) if *of == path), "{error:?}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test]
async fn a_schema_of_a_newer_program_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.db");
    open(&path).await.unwrap().close().await;
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'future', 1, x'00', 1)",
    )
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
    let error = open(&path).await.err().unwrap();
    assert!(matches!(error, Error::NewerSchema(9999)), "{error:?}");
}

#[tokio::test]
async fn rows_are_there_after_a_restart_and_the_file_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.db");
    let store = open(&path).await.unwrap();
    store.ping().await.unwrap();
    store.set_preference("ada", "theme", Some("dark")).await.unwrap();
    drop(store);
    let store = open(&path).await.unwrap();
    assert_eq!(store.preference("ada", "theme").await.unwrap().as_deref(), Some("dark"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test]
async fn an_unknown_url_is_told() {
    for url in ["mysql:x", "rows.db"] {
        assert!(matches!(store::open(url).await.err(), Some(Error::Unsupported(_))), "{url}");
    }
}

#[test]
fn a_folder_is_taken_once_and_free_again_after() {
    let folder = tempfile::tempdir().unwrap();
    let lock = DataDirLock::acquire(folder.path()).unwrap();
    let error = DataDirLock::acquire(folder.path()).unwrap_err();
    assert!(matches!(&error, Error::InUse(of) if of == folder.path()), "{error:?}");
    drop(lock);
    DataDirLock::acquire(folder.path()).unwrap();
    assert!(matches!(DataDirLock::acquire(&folder.path().join("none")), Err(Error::Locking(_))));
}

#[tokio::test]
async fn a_row_of_the_audit_trail_that_was_changed_or_taken_away_is_found() {
    let act = |object: &str| domain::audit::AuditEntry {
        at: domain::Timestamp::from_millis(1),
        actor: "local:ada".into(),
        actor_name: "ada".into(),
        tenant: None,
        action: "function.delete".into(),
        object: object.into(),
        result: domain::audit::AuditResult::Success,
        reason: String::new(),
        before: std::collections::BTreeMap::new(),
        after: std::collections::BTreeMap::new(),
        correlation_id: "c".into(),
        address: None,
    };
    let drop = "DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_shortened;";
    let tampered: [(&'static str, &str); 4] = [
        ("UPDATE audit SET entry = replace(entry, 'two', 'ten') WHERE position = 2", "Row 2 was changed."),
        ("UPDATE audit SET object = 'ten' WHERE position = 3", "Row 3 was changed."),
        ("DELETE FROM audit WHERE position = 2", "Row 2 is missing."),
        ("DELETE FROM audit WHERE position = 3", "The trail ends with row 2; there were 3."),
    ];
    for (statement, found) in tampered {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.db");
        let store = open(&path).await.unwrap();
        for object in ["one", "two", "three"] {
            store.append_audit(&act(object)).await.unwrap();
        }
        assert_eq!(store.verify_audit().await.unwrap().broken, None);
        let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
        assert!(sqlx::query(statement).execute(&pool).await.is_err(), "the database itself refuses it");
        sqlx::raw_sql(drop).execute(&pool).await.unwrap();
        sqlx::query(statement).execute(&pool).await.unwrap();
        pool.close().await;
        assert_eq!(store.verify_audit().await.unwrap().broken.as_deref(), Some(found));
        store.close().await;
    }
}

#[tokio::test]
async fn a_token_was_refused_when_its_use_could_not_be_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.db");
    let store = open(&path).await.unwrap();
    let at = domain::Timestamp::from_millis;
    let token = store::NewApiToken {
        id: "t".into(),
        name: "script".into(),
        user: domain::identity::User::local("ada"),
        created_at: at(1),
        expires_at: None,
    };
    store.save_api_token("klt_x", &token).await.unwrap();
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let full = "CREATE TRIGGER full BEFORE UPDATE ON api_tokens BEGIN SELECT RAISE(ABORT, 'full'); END";
    sqlx::raw_sql(full).execute(&pool).await.unwrap();
    pool.close().await;
    let found = store.find_api_token("klt_x", at(2)).await.unwrap().expect("it holds");
    assert_eq!((found.token.id.as_str(), found.used_at), ("t", None));
}
