//! How a person likes a list.

use domain::{
    TenantName,
    view::{ListName, SavedView},
};
use leptos::prelude::*;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::api::cx;
use crate::{api::Client, error::AppError};

/// The caller's views of a list.
#[server(prefix = "/fn", endpoint = "views/list", input = Json, client = Client)]
pub async fn saved_views(tenant: TenantName, list: ListName) -> Result<Vec<SavedView>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.saved_views(&caller, &tenant, list).await?)
}

/// Saves a view, over the one that has its title.
#[server(prefix = "/fn", endpoint = "views/save", input = Json, client = Client)]
pub async fn save_view(list: ListName, view: SavedView) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.save_view(&caller, list, view).await?)
}

/// Forgets a view.
#[server(prefix = "/fn", endpoint = "views/forget", input = Json, client = Client)]
pub async fn forget_view(tenant: TenantName, list: ListName, title: String) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.forget_view(&caller, &tenant, list, &title).await?)
}

/// Columns that the caller does not want to see.
#[server(prefix = "/fn", endpoint = "views/columns", input = Json, client = Client)]
pub async fn left_out_columns(list: ListName) -> Result<Vec<String>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.left_out_columns(&caller, list).await?)
}

/// Leaves out exactly these columns.
#[server(prefix = "/fn", endpoint = "views/leave-out", input = Json, client = Client)]
pub async fn leave_out_columns(list: ListName, names: Vec<String>) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.leave_out_columns(&caller, list, &names).await?)
}
