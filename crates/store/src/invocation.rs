//! Finished calls, as the gateway observed them.

use async_trait::async_trait;
use domain::{Cursor, FunctionName, Page, TenantName, Timestamp, invocation::Invocation};

use crate::Result;

/// Figures of a function's calls.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct InvocationStats {
    /// Calls.
    pub calls: i64,
    /// Of these, with status 500 or above.
    pub errors: i64,
    /// Of these, with a cold start.
    pub cold_starts: i64,
    /// Median of queue and run time together, in milliseconds.
    pub p50_ms: f64,
    /// 95th percentile.
    pub p95_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
}

/// Calls.
#[async_trait]
pub trait InvocationStore {
    /// Keeps calls in one transaction; an id that is there already changes nothing.
    async fn append_invocations(&self, invocations: &[Invocation]) -> Result<()>;

    /// A page of a function's calls, newest first.
    async fn list_invocations(
        &self,
        tenant: &TenantName,
        function: &FunctionName,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Invocation>>;

    /// Figures of the calls since a time; of the newest 10,000 when there are more.
    async fn invocation_stats(
        &self,
        tenant: &TenantName,
        function: &FunctionName,
        since: Timestamp,
    ) -> Result<InvocationStats>;

    /// Deletes calls from before a time, at most 10,000 per call; how many.
    async fn prune_invocations(&self, before: Timestamp) -> Result<u64>;
}
