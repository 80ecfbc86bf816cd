//! Log lines of builds and functions.

use domain::{
    TenantName,
    log::{LogPage, LogQuery, LogTarget},
};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::api::cx;
use crate::error::AppError;

/// Some lines; without `after` and `before` the newest.
#[server(prefix = "/fn", endpoint = "logs/read", input = Json)]
pub async fn read_log(tenant: TenantName, target: LogTarget, query: LogQuery) -> Result<LogPage, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.read_log(&caller, &tenant, &target, &query).await?)
}
