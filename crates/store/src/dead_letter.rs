//! Events that could not be delivered.

use async_trait::async_trait;
use domain::{
    Cursor, FunctionName, Page, TenantName, Timestamp,
    deadletter::{Attempt, DeadLetter, DeadLetterGroup, FailureKind},
    event::CloudEvent,
};

use crate::Result;

pub use domain::deadletter::DeadLetterFilter;

/// A dead letter to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDeadLetter {
    /// Whose.
    pub tenant: TenantName,
    /// For which function.
    pub function: Option<FunctionName>,
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

/// Dead letters of one function, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetterCount {
    /// Which function.
    pub function: Option<FunctionName>,
    /// How many.
    pub count: u64,
    /// Of these, replayed before.
    pub repeated: u64,
    /// When the first died.
    pub oldest: Timestamp,
    /// When the last died.
    pub newest: Timestamp,
    /// Position of the newest.
    pub upto: i64,
}

/// Dead letters.
#[async_trait]
pub trait DeadLetterStore {
    /// Keeps one; the same event (of the same replay) that died in the same queue changes nothing while it is
    /// there. Its position.
    async fn append_dead_letter(&self, letter: &NewDeadLetter) -> Result<i64>;

    /// A page, newest first.
    async fn list_dead_letters(
        &self,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<DeadLetter>>;

    /// By error, those with the newest first; a hundred at most.
    async fn group_dead_letters(
        &self,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
    ) -> Result<Vec<DeadLetterGroup>>;

    /// Those up to the position `upto`, by function.
    async fn count_dead_letters(
        &self,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
        upto: i64,
    ) -> Result<Vec<DeadLetterCount>>;

    /// How many there are, but not more than `most`: cheap, for a badge.
    async fn some_dead_letters(&self, tenant: &TenantName, most: u32) -> Result<u64>;

    /// Those after the position `after` up to `upto`, oldest first.
    async fn dead_letters_between(
        &self,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
        after: i64,
        upto: i64,
        limit: u32,
    ) -> Result<Vec<DeadLetter>>;

    /// Deletes those up to the position `upto`; how many.
    async fn delete_dead_letters(
        &self,
        tenant: &TenantName,
        filter: &DeadLetterFilter,
        upto: i64,
    ) -> Result<u64>;

    /// One.
    async fn get_dead_letter(&self, tenant: &TenantName, position: i64) -> Result<Option<DeadLetter>>;

    /// Deletes one; whether it was there.
    async fn delete_dead_letter(&self, tenant: &TenantName, position: i64) -> Result<bool>;
}
