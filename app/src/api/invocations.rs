//! Calls through the platform: the Test tab.

use domain::{
    FunctionName, TenantName,
    invocation::{InvokeRequest, InvokeResult, SavedTest},
};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::api::cx;
use crate::{api::Client, error::AppError};

/// Calls a function and waits for its answer.
#[server(prefix = "/fn", endpoint = "invocations/invoke", input = Json, client = Client)]
pub async fn invoke(
    tenant: TenantName,
    name: FunctionName,
    request: InvokeRequest,
) -> Result<InvokeResult, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.invoke(&caller, &tenant, &name, request).await?)
}

/// Requests that were saved to test with.
#[server(prefix = "/fn", endpoint = "invocations/tests", input = Json, client = Client)]
pub async fn saved_tests(tenant: TenantName, name: FunctionName) -> Result<Vec<SavedTest>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.saved_tests(&caller, &tenant, &name).await?)
}

/// Saves a request under a name, over the one that has it.
#[server(prefix = "/fn", endpoint = "invocations/save-test", input = Json, client = Client)]
pub async fn save_test(
    tenant: TenantName,
    name: FunctionName,
    title: String,
    request: InvokeRequest,
) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.save_test(&caller, &tenant, &name, &title, request).await.map(drop)?)
}

/// Forgets a saved request.
#[server(prefix = "/fn", endpoint = "invocations/delete-test", input = Json, client = Client)]
pub async fn delete_saved_test(
    tenant: TenantName,
    name: FunctionName,
    title: String,
) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.delete_saved_test(&caller, &tenant, &name, &title).await?)
}
