//! Builds.

use async_trait::async_trait;
use domain::{BuildId, Cursor, FunctionName, Page, TenantName, build::Build};

use super::{Backend, decode, encode, name};
use crate::{BuildStore, Result, cursor};

#[async_trait]
impl BuildStore for Backend {
    async fn upsert_build(&self, tenant: &TenantName, build: &Build) -> Result<()> {
        sqlx::query(
            "INSERT INTO builds (tenant, id, function, number, ended, build)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (tenant, id) DO UPDATE
               SET number = excluded.number, ended = excluded.ended, build = excluded.build
               WHERE excluded.ended >= builds.ended",
        )
        .bind(tenant.as_str())
        .bind(build.id.as_str())
        .bind(build.function.as_str())
        .bind(build.number)
        .bind(i64::from(build.state.is_final()))
        .bind(encode("build", build)?)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    async fn list_builds(
        &self,
        tenant: &TenantName,
        function: &FunctionName,
        from: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Build>> {
        let [number] = cursor::decode(from)?;
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT build FROM builds WHERE tenant = $1 AND function = $2 AND number < $3
             ORDER BY number DESC LIMIT $4",
        )
        .bind(tenant.as_str())
        .bind(function.as_str())
        .bind(number)
        .bind(i64::from(limit) + 1)
        .fetch_all(&self.read)
        .await?;
        let builds = rows.iter().map(|row| decode("build", row)).collect::<Result<Vec<Build>>>()?;
        Ok(cursor::page(builds, limit, |build| vec![build.number]))
    }

    async fn get_build(&self, tenant: &TenantName, id: &BuildId) -> Result<Option<Build>> {
        let row: Option<String> =
            sqlx::query_scalar("SELECT build FROM builds WHERE tenant = $1 AND id = $2")
                .bind(tenant.as_str())
                .bind(id.as_str())
                .fetch_optional(&self.read)
                .await?;
        row.map(|row| decode("build", &row)).transpose()
    }

    async fn last_build_number(&self, tenant: &TenantName, function: &FunctionName) -> Result<i64> {
        let last: Option<i64> =
            sqlx::query_scalar("SELECT max(number) FROM builds WHERE tenant = $1 AND function = $2")
                .bind(tenant.as_str())
                .bind(function.as_str())
                .fetch_one(&self.read)
                .await?;
        Ok(last.unwrap_or_default())
    }

    async fn delete_builds(
        &self,
        tenant: &TenantName,
        function: &FunctionName,
        keep: &(dyn for<'a> Fn(&'a BuildId) -> bool + Sync),
    ) -> Result<Vec<BuildId>> {
        let mut transaction = self.write.begin().await?;
        let rows: Vec<String> =
            sqlx::query_scalar("SELECT id FROM builds WHERE tenant = $1 AND function = $2")
                .bind(tenant.as_str())
                .bind(function.as_str())
                .fetch_all(&mut *transaction)
                .await?;
        let ids = rows.iter().map(|id| name("build", id)).collect::<Result<Vec<BuildId>>>()?;
        let gone: Vec<BuildId> = ids.into_iter().filter(|id| !keep(id)).collect();
        for id in &gone {
            sqlx::query("DELETE FROM builds WHERE tenant = $1 AND id = $2")
                .bind(tenant.as_str())
                .bind(id.as_str())
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(gone)
    }
}
