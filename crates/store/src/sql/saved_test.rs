//! Saved tests.

use async_trait::async_trait;
use domain::{FunctionName, TenantName, invocation::SavedTest};

use super::{Backend, decode, encode, text};
use crate::{Result, SavedTestStore};

#[async_trait]
impl SavedTestStore for Backend {
    async fn list_saved_tests(&self, tenant: &TenantName, function: &FunctionName) -> Result<Vec<SavedTest>> {
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT test FROM saved_tests WHERE tenant = $1 AND function = $2 ORDER BY name LIMIT 1000",
        )
        .bind(tenant.as_str())
        .bind(function.as_str())
        .fetch_all(&self.read)
        .await?;
        rows.iter().map(|row| decode("saved test", row)).collect()
    }

    async fn save_test(&self, tenant: &TenantName, function: &FunctionName, test: &SavedTest) -> Result<()> {
        sqlx::query(
            "INSERT INTO saved_tests (tenant, function, name, test) VALUES ($1, $2, $3, $4)
             ON CONFLICT (tenant, function, name) DO UPDATE SET test = excluded.test",
        )
        .bind(tenant.as_str())
        .bind(function.as_str())
        .bind(text(&test.name))
        .bind(encode("saved test", test)?)
        .execute(&self.write)
        .await?;
        Ok(())
    }

    async fn delete_saved_test(
        &self,
        tenant: &TenantName,
        function: &FunctionName,
        name: &str,
    ) -> Result<bool> {
        let done = sqlx::query("DELETE FROM saved_tests WHERE tenant = $1 AND function = $2 AND name = $3")
            .bind(tenant.as_str())
            .bind(function.as_str())
            .bind(text(name))
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    async fn delete_saved_tests(&self, tenant: &TenantName, function: &FunctionName) -> Result<()> {
        sqlx::query("DELETE FROM saved_tests WHERE tenant = $1 AND function = $2")
            .bind(tenant.as_str())
            .bind(function.as_str())
            .execute(&self.write)
            .await?;
        Ok(())
    }
}
