//! Dead letters, and sending them again.

use domain::{
    Cursor, Page, TenantName,
    deadletter::{
        DeadLetter, DeadLetterFilter, DeadLetterGroup, Replay, ReplayJob, ReplayPlan, ReplayRecord,
        ReplayState,
    },
    event::CloudEvent,
};
use leptos::prelude::*;
use serde_json::Value;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::api::cx;
use crate::{api::Client, error::AppError};

/// How many there are, up to a hundred.
#[server(prefix = "/fn", endpoint = "deadletters/badge", input = Json, client = Client)]
pub async fn badge(tenant: TenantName) -> Result<u64, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.dead_letter_badge(&caller, &tenant).await?)
}

/// One page, newest first.
#[server(prefix = "/fn", endpoint = "deadletters/list", input = Json, client = Client)]
pub async fn list_dead_letters(
    tenant: TenantName,
    filter: DeadLetterFilter,
    cursor: Option<Cursor>,
) -> Result<Page<DeadLetter>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.list_dead_letters(&caller, &tenant, &filter, cursor, None).await?)
}

/// By error.
#[server(prefix = "/fn", endpoint = "deadletters/groups", input = Json, client = Client)]
pub async fn group_dead_letters(
    tenant: TenantName,
    filter: DeadLetterFilter,
) -> Result<Vec<DeadLetterGroup>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.group_dead_letters(&caller, &tenant, &filter).await?)
}

/// One dead letter.
#[server(prefix = "/fn", endpoint = "deadletters/get", input = Json, client = Client)]
pub async fn get_dead_letter(tenant: TenantName, position: i64) -> Result<DeadLetter, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.get_dead_letter(&caller, &tenant, position).await?)
}

/// The replays of an event, oldest first.
#[server(prefix = "/fn", endpoint = "deadletters/lineage", input = Json, client = Client)]
pub async fn lineage(tenant: TenantName, event: CloudEvent) -> Result<Vec<ReplayRecord>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.lineage(&caller, &tenant, &event).await?)
}

/// Sends one again, with other data when some is given.
#[server(prefix = "/fn", endpoint = "deadletters/replay", input = Json, client = Client)]
pub async fn replay_dead_letter(
    tenant: TenantName,
    position: i64,
    data: Option<Value>,
) -> Result<CloudEvent, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.replay_dead_letter(&caller, &tenant, position, data).await?)
}

/// What a replay would send.
#[server(prefix = "/fn", endpoint = "deadletters/plan", input = Json, client = Client)]
pub async fn plan_replay(tenant: TenantName, filter: DeadLetterFilter) -> Result<ReplayPlan, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.plan_replay(&caller, &tenant, &filter).await?)
}

/// Begins a replay job.
#[server(prefix = "/fn", endpoint = "deadletters/replays/start", input = Json, client = Client)]
pub async fn start_replay(tenant: TenantName, asked: Replay) -> Result<ReplayJob, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.start_replay(&caller, &tenant, asked).await?)
}

/// The newest jobs.
#[server(prefix = "/fn", endpoint = "deadletters/replays/list", input = Json, client = Client)]
pub async fn list_replays(tenant: TenantName) -> Result<Vec<ReplayJob>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.list_replays(&caller, &tenant).await?)
}

/// One job.
#[server(prefix = "/fn", endpoint = "deadletters/replays/get", input = Json, client = Client)]
pub async fn get_replay(tenant: TenantName, id: String) -> Result<ReplayJob, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.get_replay(&caller, &tenant, &id).await?)
}

/// Pauses, goes on with or aborts a job.
#[server(prefix = "/fn", endpoint = "deadletters/replays/set", input = Json, client = Client)]
pub async fn set_replay(tenant: TenantName, id: String, state: ReplayState) -> Result<ReplayJob, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.set_replay(&caller, &tenant, &id, state).await?)
}

/// Throws dead letters away; how many.
#[server(prefix = "/fn", endpoint = "deadletters/discard", input = Json, client = Client)]
pub async fn discard_dead_letters(
    tenant: TenantName,
    filter: DeadLetterFilter,
    upto: i64,
    count: u64,
) -> Result<u64, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.discard_dead_letters(&caller, &tenant, &filter, upto, count).await?)
}
