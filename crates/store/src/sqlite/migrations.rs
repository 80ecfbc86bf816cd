//! The schema, step by step; steps are only ever added.

use sqlx::{
    SqlSafeStr, SqlitePool,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use crate::{Error, Result};

/// Version, name and text of each step.
const STEPS: &[(i64, &str, &str)] = &[
    (1, "rows", include_str!("../../../../migrations/sqlite/0001_rows.sql")),
    (2, "dead_letters", include_str!("../../../../migrations/sqlite/0002_dead_letters.sql")),
    (3, "audit", include_str!("../../../../migrations/sqlite/0003_audit.sql")),
];

/// Brings the schema up to date.
pub(super) async fn run(pool: &SqlitePool) -> Result<()> {
    let step = |(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let migrator = Migrator::with_migrations(STEPS.iter().map(step).collect());
    migrator.run(pool).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => Error::NewerSchema(version),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => Error::Schema(other.to_string()),
    })
}
