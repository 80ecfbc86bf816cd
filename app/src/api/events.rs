//! The event timeline.

use domain::{
    CorrelationId, Cursor, FunctionName, Page, TenantName,
    event::{CloudEvent, EventFilter, EventLife, EventOverview, EventRecord},
};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::api::cx;
use crate::{api::Client, error::AppError};

/// One page, newest first.
#[server(prefix = "/fn", endpoint = "events/list", input = Json, client = Client)]
pub async fn list_events(
    tenant: TenantName,
    filter: EventFilter,
    cursor: Option<Cursor>,
    limit: Option<u32>,
) -> Result<Page<EventRecord>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.list_events(&caller, &tenant, &filter, cursor, limit).await?)
}

/// How many events happened when.
#[server(prefix = "/fn", endpoint = "events/overview", input = Json, client = Client)]
pub async fn overview_of_events(
    tenant: TenantName,
    filter: EventFilter,
) -> Result<Option<EventOverview>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.event_overview(&caller, &tenant, &filter).await?)
}

/// One event.
#[server(prefix = "/fn", endpoint = "events/get", input = Json, client = Client)]
pub async fn get_event(tenant: TenantName, position: i64) -> Result<EventRecord, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.get_event(&caller, &tenant, position).await?)
}

/// One event and what became of it.
#[server(prefix = "/fn", endpoint = "events/life", input = Json, client = Client)]
pub async fn life_of_event(tenant: TenantName, position: i64) -> Result<EventLife, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.event_life(&caller, &tenant, position).await?)
}

/// Saves an event as a test of a function.
#[server(prefix = "/fn", endpoint = "events/capture", input = Json, client = Client)]
pub async fn capture_event(
    tenant: TenantName,
    position: i64,
    function: FunctionName,
    name: String,
) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.capture_event(&caller, &tenant, position, &function, &name).await.map(drop)?)
}

/// All events of one intention, oldest first.
#[server(prefix = "/fn", endpoint = "events/chain", input = Json, client = Client)]
pub async fn event_chain(
    tenant: TenantName,
    correlation: CorrelationId,
) -> Result<Vec<EventRecord>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.event_chain(&caller, &tenant, &correlation).await?)
}

/// Puts an event onto the bus.
#[server(prefix = "/fn", endpoint = "events/publish", input = Json, client = Client)]
pub async fn publish_event(tenant: TenantName, event: CloudEvent) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.publish_event(&caller, &tenant, event).await.map(drop)?)
}
