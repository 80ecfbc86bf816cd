//! Builds as the Builds tab keeps them, after their Jobs are gone.

use async_trait::async_trait;
use domain::{BuildId, Cursor, FunctionName, Page, TenantName, build::Build};

use crate::Result;

/// Builds.
#[async_trait]
pub trait BuildStore {
    /// Keeps the build as it stands now. One that ended stays ended: a late report that it is
    /// queued or running changes nothing.
    async fn upsert_build(&self, tenant: &TenantName, build: &Build) -> Result<()>;

    /// A page of a function's builds, newest number first.
    async fn list_builds(
        &self,
        tenant: &TenantName,
        function: &FunctionName,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Build>>;

    /// One build.
    async fn get_build(&self, tenant: &TenantName, id: &BuildId) -> Result<Option<Build>>;

    /// The highest number of a function's builds; 0 when there is none.
    async fn last_build_number(&self, tenant: &TenantName, function: &FunctionName) -> Result<i64>;

    /// Forgets the builds of a function that is gone, except those that `keep` names: they are of a new one of
    /// that name. The ids of those that went, for their logs.
    async fn delete_builds(
        &self,
        tenant: &TenantName,
        function: &FunctionName,
        keep: &(dyn for<'a> Fn(&'a BuildId) -> bool + Sync),
    ) -> Result<Vec<BuildId>>;
}
