//! Requests that users save to test a function with.

use domain::{
    FunctionName, TenantName,
    identity::{Caller, Permission},
    invocation::{InvokeRequest, SavedTest},
};

use crate::{Error, Platform, Result};

/// Most saved tests of one function.
const MOST: usize = 50;
/// Most bytes of a saved body.
const MOST_BYTES: usize = 256 * 1024;

impl Platform {
    /// The saved tests of a function, by name.
    pub async fn saved_tests(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        function: &FunctionName,
    ) -> Result<Vec<SavedTest>> {
        self.authorize(caller, tenant, Permission::Read)?;
        Ok(self.store().list_saved_tests(tenant, function).await?)
    }

    /// Saves a test, or replaces the one of that name.
    pub async fn save_test(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        function: &FunctionName,
        name: &str,
        request: InvokeRequest,
    ) -> Result<SavedTest> {
        self.authorize(caller, tenant, Permission::Write)?;
        self.cache().function(tenant, function).ok_or(Error::NotFound("function"))?;
        let test = SavedTest { name: name.trim().to_owned(), request, saved_at: self.now() };
        if test.name.is_empty() || test.name.chars().count() > 80 {
            return Err(Error::field("name", "Write a name of 1 to 80 characters."));
        }
        if test.request.body.len() > MOST_BYTES {
            return Err(Error::field("body", "A saved body can have at most 256 KiB."));
        }
        let known = self.store().list_saved_tests(tenant, function).await?;
        if known.len() >= MOST && !known.iter().any(|other| other.name == test.name) {
            return Err(Error::field("name", "A function can have 50 saved tests: delete one first."));
        }
        self.store().save_test(tenant, function, &test).await?;
        Ok(test)
    }

    /// Deletes a saved test.
    pub async fn delete_saved_test(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        function: &FunctionName,
        name: &str,
    ) -> Result<()> {
        self.authorize(caller, tenant, Permission::Write)?;
        let there = self.store().delete_saved_test(tenant, function, name).await?;
        there.then_some(()).ok_or(Error::NotFound("saved test"))
    }
}
