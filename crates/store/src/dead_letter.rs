//! Events that could not be delivered.

use async_trait::async_trait;
use domain::{
    Cursor, FunctionName, Page, TenantName, Timestamp,
    deadletter::{Attempt, DeadLetter, FailureKind},
    event::CloudEvent,
};

use crate::Result;

/// A dead letter to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDeadLetter {
    /// Whose.
    pub tenant: TenantName,
    /// For which function.
    pub function: FunctionName,
    /// Queue that it came from.
    pub queue: String,
    /// Whether trying again can help.
    pub kind: FailureKind,
    /// Why, as a sentence.
    pub reason: String,
    /// All tries.
    pub attempts: Vec<Attempt>,
    /// When it was given up.
    pub died_at: Timestamp,
    /// The event.
    pub event: CloudEvent,
}

/// Which dead letters a list shows; all given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadLetterFilter {
    /// For this function.
    pub function: Option<FunctionName>,
    /// Of this kind.
    pub kind: Option<FailureKind>,
}

/// Dead letters.
#[async_trait]
pub trait DeadLetterStore {
    /// Keeps one; the same event that died in the same queue at the same time changes nothing.
    /// Its position.
    async fn append_dead_letter(&self, letter: &NewDeadLetter) -> Result<i64>;

    /// A page, newest first.
    async fn list_dead_letters(
        &self,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<DeadLetter>>;

    /// One.
    async fn get_dead_letter(&self, tenant: &TenantName, position: i64) -> Result<Option<DeadLetter>>;

    /// Deletes one; whether it was there.
    async fn delete_dead_letter(&self, tenant: &TenantName, position: i64) -> Result<bool>;
}
