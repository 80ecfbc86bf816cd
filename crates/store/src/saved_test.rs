//! Request bodies that were saved to test a function with.

use async_trait::async_trait;
use domain::{FunctionName, TenantName, invocation::SavedTest};

use crate::Result;

/// Saved tests.
#[async_trait]
pub trait SavedTestStore {
    /// A function's tests by name, at most 1,000.
    async fn list_saved_tests(&self, tenant: &TenantName, function: &FunctionName) -> Result<Vec<SavedTest>>;

    /// Makes or replaces the test of that name.
    async fn save_test(&self, tenant: &TenantName, function: &FunctionName, test: &SavedTest) -> Result<()>;

    /// Deletes one; whether it was there.
    async fn delete_saved_test(
        &self,
        tenant: &TenantName,
        function: &FunctionName,
        name: &str,
    ) -> Result<bool>;

    /// Deletes all of a function that is gone.
    async fn delete_saved_tests(&self, tenant: &TenantName, function: &FunctionName) -> Result<()>;
}
