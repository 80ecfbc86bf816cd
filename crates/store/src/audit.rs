//! The audit trail: rows are only ever added, each with the hash of the one before.

use async_trait::async_trait;
use domain::{
    Cursor, Page,
    audit::{AuditCheck, AuditEntry, AuditFilter, AuditRecord},
};
use sha2::{Digest, Sha256};

use crate::Result;

/// Acts, in the order in which they were kept.
#[async_trait]
pub trait AuditStore {
    /// Adds an act at the end of the chain; its position.
    async fn append_audit(&self, entry: &AuditEntry) -> Result<i64>;

    /// Acts that fit the filter, newest first.
    async fn list_audit(
        &self,
        filter: &AuditFilter,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<AuditRecord>>;

    /// Follows the chain from its beginning: finds a row that was changed, moved or taken away.
    async fn verify_audit(&self) -> Result<AuditCheck>;
}

/// The hash of a row: over the hash before, the position and the entry's text.
pub(crate) fn link(previous: &str, position: i64, entry: &str) -> String {
    let mut digest = Sha256::new();
    digest.update(previous.as_bytes());
    digest.update(b"\n");
    digest.update(position.to_string().as_bytes());
    digest.update(b"\n");
    digest.update(entry.as_bytes());
    hex::encode(digest.finalize())
}
