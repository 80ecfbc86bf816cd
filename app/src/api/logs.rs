//! Log lines of builds and functions.

use domain::{
    FunctionName, TenantName,
    log::{LogPage, LogQuery, LogTarget},
};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::api::cx;
use crate::{api::Client, error::AppError};

/// Some lines; without `after` and `before` the newest.
#[server(prefix = "/fn", endpoint = "logs/read", input = Json, client = Client)]
pub async fn read_log(tenant: TenantName, target: LogTarget, query: LogQuery) -> Result<LogPage, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.read_log(&caller, &tenant, &target, &query).await?)
}

/// The lines of one call that just ended.
#[server(prefix = "/fn", endpoint = "logs/call", input = Json, client = Client)]
pub async fn read_call_log(
    tenant: TenantName,
    name: FunctionName,
    correlation: String,
) -> Result<LogPage, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.read_call_log(&caller, &tenant, &name, &correlation).await?)
}
