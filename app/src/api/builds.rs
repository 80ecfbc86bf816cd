//! Builds and what can be done to them.

use domain::{BuildId, Cursor, FunctionName, Page, TenantName, build::Build};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::api::cx;
use crate::{api::Client, error::AppError};

/// One page of a function's builds, newest first.
#[server(prefix = "/fn", endpoint = "builds/list", input = Json, client = Client)]
pub async fn list_builds(
    tenant: TenantName,
    name: FunctionName,
    cursor: Option<Cursor>,
) -> Result<Page<Build>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.list_builds(&caller, &tenant, &name, cursor).await?)
}

/// One build.
#[server(prefix = "/fn", endpoint = "builds/get", input = Json, client = Client)]
pub async fn get_build(tenant: TenantName, id: BuildId) -> Result<Build, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.get_build(&caller, &tenant, &id).await?)
}

/// Builds the present source again.
#[server(prefix = "/fn", endpoint = "builds/retry", input = Json, client = Client)]
pub async fn retry_build(tenant: TenantName, id: BuildId) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.retry_build(&caller, &tenant, &id).await?)
}

/// Asks a build to end.
#[server(prefix = "/fn", endpoint = "builds/cancel", input = Json, client = Client)]
pub async fn cancel_build(tenant: TenantName, id: BuildId) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.cancel_build(&caller, &tenant, &id).await?)
}
