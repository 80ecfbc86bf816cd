//! Log lines of builds and functions.

use async_trait::async_trait;
use domain::{
    TenantName, Timestamp,
    log::{Level, LogPage, LogQuery, LogTarget, Stream},
};

use crate::Result;

/// A line to be kept; its number comes from the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLine {
    /// When it was written.
    pub at: Timestamp,
    /// Where it was written.
    pub stream: Stream,
    /// How severe.
    pub level: Level,
    /// The text, without the line end.
    pub text: String,
    /// Build step or Revision.
    pub group: Option<String>,
    /// Correlation or invocation id that it belongs to.
    pub correlation: Option<String>,
}

/// How far a source of lines (a Pod's container) was read; kept in the same transaction as the
/// lines, so that a restart neither loses nor repeats one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which source: unique within the log.
    pub source: String,
    /// How far, in the source's own terms.
    pub position: String,
}

/// What is kept of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLimits {
    /// Lines at most.
    pub lines: u64,
    /// Bytes of text at most.
    pub bytes: u64,
}

impl Default for LogLimits {
    /// 100,000 lines, 50 MiB.
    fn default() -> Self {
        Self { lines: 100_000, bytes: 50 * 1024 * 1024 }
    }
}

/// Logs. A log begins to exist with its first line or with [`LogStore::open_log`].
#[async_trait]
pub trait LogStore {
    /// Makes the log known before its first line ([`domain::log::LogState::Open`]); one that had
    /// ended is open again.
    async fn open_log(&self, tenant: &TenantName, target: &LogTarget, now: Timestamp) -> Result<()>;

    /// Appends lines in one transaction, numbered on without a gap, and takes away the oldest above
    /// `limits` (a tenth at a time, so that it happens rarely). The number of the newest line.
    async fn append_log(
        &self,
        tenant: &TenantName,
        target: &LogTarget,
        lines: &[NewLine],
        checkpoint: Option<&Checkpoint>,
        limits: LogLimits,
    ) -> Result<u64>;

    /// How far a source was read.
    async fn log_checkpoint(
        &self,
        tenant: &TenantName,
        target: &LogTarget,
        source: &str,
    ) -> Result<Option<String>>;

    /// Nothing more will come.
    async fn end_log(&self, tenant: &TenantName, target: &LogTarget, now: Timestamp) -> Result<()>;

    /// Some lines of a log; of an unknown one an empty page that waits.
    async fn read_log(&self, tenant: &TenantName, target: &LogTarget, query: &LogQuery) -> Result<LogPage>;

    /// Number of the newest line; 0 when there is none.
    async fn last_log_number(&self, tenant: &TenantName, target: &LogTarget) -> Result<u64>;

    /// Deletes the lines of logs of builds whose last line is older than `before`; they say
    /// [`domain::log::LogState::Expired`] from then on. At most 100 logs per call; how many.
    async fn expire_build_logs(&self, before: Timestamp) -> Result<u64>;

    /// Deletes the lines at the beginning that were written before a time.
    async fn cut_log(&self, tenant: &TenantName, target: &LogTarget, before: Timestamp) -> Result<()>;

    /// Deletes a log as if it had never been.
    async fn delete_log(&self, tenant: &TenantName, target: &LogTarget) -> Result<()>;
}
