//! The schema, step by step; steps are only ever added, by the same names as in the other dialect.

use sqlx::{
    ConnectOptions as _, Connection as _, SqlSafeStr,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    postgres::PgConnectOptions,
};

use crate::{Error, Result};

/// Version, name and text of each step.
const STEPS: &[(i64, &str, &str)] = &[
    (1, "rows", include_str!("../../../../migrations/postgres/0001_rows.sql")),
    (2, "dead_letters", include_str!("../../../../migrations/postgres/0002_dead_letters.sql")),
    (3, "audit", include_str!("../../../../migrations/postgres/0003_audit.sql")),
];

/// Brings the schema up to date. Of replicas that start at once one does it while the others wait
/// (an advisory lock), on a connection of its own, because both may take longer than a statement may.
pub(super) async fn run(options: &PgConnectOptions) -> Result<()> {
    let step = |(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    let mut connection = options.connect().await?;
    let mut migrator = Migrator::with_migrations(STEPS.iter().map(step).collect());
    migrator.set_locking(true);
    migrator.run(&mut connection).await.map_err(|error| match error {
        MigrateError::VersionMissing(version) => Error::NewerSchema(version),
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => Error::Schema(other.to_string()),
    })?;
    connection.close().await?;
    Ok(())
}
