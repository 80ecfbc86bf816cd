//! The event timeline.

use domain::{
    CorrelationId, Cursor, Page, TenantName,
    event::{CloudEvent, EventFilter, EventRecord},
};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::api::cx;
use crate::error::AppError;

/// One page, newest first.
#[server(prefix = "/fn", endpoint = "events/list", input = Json)]
pub async fn list_events(
    tenant: TenantName,
    filter: EventFilter,
    cursor: Option<Cursor>,
    limit: Option<u32>,
) -> Result<Page<EventRecord>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.list_events(&caller, &tenant, &filter, cursor, limit).await?)
}

/// One event.
#[server(prefix = "/fn", endpoint = "events/get", input = Json)]
pub async fn get_event(tenant: TenantName, position: i64) -> Result<EventRecord, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.get_event(&caller, &tenant, position).await?)
}

/// All events of one intention, oldest first.
#[server(prefix = "/fn", endpoint = "events/chain", input = Json)]
pub async fn event_chain(
    tenant: TenantName,
    correlation: CorrelationId,
) -> Result<Vec<EventRecord>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.event_chain(&caller, &tenant, &correlation).await?)
}

/// Puts an event onto the bus.
#[server(prefix = "/fn", endpoint = "events/publish", input = Json)]
pub async fn publish_event(tenant: TenantName, event: CloudEvent) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.publish_event(&caller, &tenant, event).await.map(drop)?)
}
