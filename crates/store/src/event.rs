//! Events as the timeline keeps them.

use async_trait::async_trait;
use domain::{
    Cursor, FunctionName, Page, TenantName, Timestamp,
    event::{CloudEvent, EventFilter, EventOverview, EventRecord},
};

use crate::Result;

/// An event to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Whose.
    pub tenant: TenantName,
    /// Of which function, when it has one.
    pub function: Option<FunctionName>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The event.
    pub event: CloudEvent,
}

/// What became of a [`NewEvent`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its position; of a duplicate, that of the first.
    pub position: i64,
    /// It was not there before.
    pub new: bool,
}

/// Events.
#[async_trait]
pub trait EventStore {
    /// Keeps events in one transaction, in order; an event whose `(source, id)` the tenant has
    /// already changes nothing. One answer per event.
    async fn append_events(&self, events: &[NewEvent]) -> Result<Vec<Appended>>;

    /// A page, newest first by the time at which they happened. With [`EventFilter::text`] each
    /// page searches a bounded number of events: it may hold fewer than `limit` and still have a
    /// next page.
    async fn list_events(
        &self,
        tenant: &TenantName,
        filter: &EventFilter,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<EventRecord>>;

    /// How many events happened when: of the newest `most`, in `steps` equal stretches of time. None when there are
    /// none, or when the filter has a text, which would have to be looked for in each of them.
    async fn event_overview(
        &self,
        tenant: &TenantName,
        filter: &EventFilter,
        most: u32,
        steps: u32,
    ) -> Result<Option<EventOverview>>;

    /// One event.
    async fn get_event(&self, tenant: &TenantName, position: i64) -> Result<Option<EventRecord>>;

    /// All that followed from one intention, oldest first, at most 1,000.
    async fn event_chain(&self, tenant: &TenantName, correlation: &str) -> Result<Vec<EventRecord>>;

    /// Deletes events that arrived before a time, at most 10,000 per call; how many.
    async fn prune_events(&self, before: Timestamp) -> Result<u64>;
}
