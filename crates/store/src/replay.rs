//! Dead letters that were sent again, and the jobs that do it.

use async_trait::async_trait;
use domain::{
    TenantName, Timestamp,
    deadletter::{ReplayJob, ReplayRecord},
};

use crate::Result;

/// Replays.
#[async_trait]
pub trait ReplayStore {
    /// Notes dead letters that were sent, takes them from the list, and keeps how their job stands: all or nothing.
    async fn finish_replays(
        &self,
        tenant: &TenantName,
        done: &[ReplayRecord],
        job: Option<&ReplayJob>,
    ) -> Result<()>;

    /// The replays of an event, oldest first.
    async fn list_replays(&self, tenant: &TenantName, source: &str, id: &str) -> Result<Vec<ReplayRecord>>;

    /// Keeps a job as it stands; the count of those that died again is kept by itself.
    async fn save_replay_job(&self, job: &ReplayJob) -> Result<()>;

    /// An event that this job sent died again.
    async fn note_died_again(&self, tenant: &TenantName, job: &str) -> Result<()>;

    /// One job.
    async fn get_replay_job(&self, tenant: &TenantName, id: &str) -> Result<Option<ReplayJob>>;

    /// The newest jobs, fifty at most.
    async fn list_replay_jobs(&self, tenant: &TenantName) -> Result<Vec<ReplayJob>>;

    /// Jobs of all tenants that have not ended.
    async fn unfinished_replay_jobs(&self) -> Result<Vec<ReplayJob>>;

    /// Forgets what was replayed before this time; how many.
    async fn delete_replays_before(&self, before: Timestamp) -> Result<u64>;
}
