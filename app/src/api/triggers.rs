//! What calls a function by itself: events and the clock.

use std::collections::BTreeMap;

use domain::{
    FunctionName, TenantName,
    function::{Runs, Schedule, Trigger, TriggerList, TriggerTest},
};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::api::cx;
use crate::{api::Client, error::AppError};

/// The triggers of a function.
#[server(prefix = "/fn", endpoint = "triggers/list", input = Json, client = Client)]
pub async fn list_triggers(tenant: TenantName, name: FunctionName) -> Result<TriggerList, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.list_triggers(&caller, &tenant, &name).await?)
}

/// What a schedule means.
#[server(prefix = "/fn", endpoint = "triggers/explain", input = Json, client = Client)]
pub async fn explain_schedule(tenant: TenantName, schedule: Schedule) -> Result<Runs, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.explain_schedule(&caller, &tenant, &schedule).await?)
}

/// What a filter would have taken, and whether events come through.
#[server(prefix = "/fn", endpoint = "triggers/test", input = Json, client = Client)]
pub async fn test_trigger(
    tenant: TenantName,
    name: FunctionName,
    filter: BTreeMap<String, String>,
) -> Result<TriggerTest, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.test_trigger(&caller, &tenant, &name, &filter).await?)
}

/// Adds a trigger.
#[server(prefix = "/fn", endpoint = "triggers/add", input = Json, client = Client)]
pub async fn add_trigger(tenant: TenantName, name: FunctionName, trigger: Trigger) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.add_trigger(&caller, &tenant, &name, trigger).await?)
}

/// Removes a trigger.
#[server(prefix = "/fn", endpoint = "triggers/remove", input = Json, client = Client)]
pub async fn remove_trigger(
    tenant: TenantName,
    name: FunctionName,
    trigger: Trigger,
) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.remove_trigger(&caller, &tenant, &name, &trigger).await?)
}
