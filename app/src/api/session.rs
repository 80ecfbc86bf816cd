//! Who is signed in, and where they may go.

use domain::{FunctionName, TenantName, session::OpenSession};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::api::cx;
use crate::{api::Client, error::AppError};

/// Tenants that the caller sees.
#[server(prefix = "/fn", endpoint = "session/tenants", input = Json, client = Client)]
pub async fn tenants() -> Result<Vec<TenantName>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.tenants(&caller).await?)
}

/// Something the palette can go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The function.
    pub name: FunctionName,
    /// Its phase, in words.
    pub phase: String,
}

/// Functions whose name has the text in it, for the palette.
#[server(prefix = "/fn", endpoint = "session/search", input = Json, client = Client)]
pub async fn search(tenant: TenantName, text: String) -> Result<Vec<Found>, AppError> {
    let (platform, caller) = cx()?;
    let query = domain::function::FunctionQuery { q: Some(text), limit: Some(8), ..Default::default() };
    let page = platform.list_functions(&caller, &tenant, &query).await?;
    Ok(page.items.into_iter().map(|f| Found { name: f.name, phase: f.phase.as_str().to_owned() }).collect())
}

/// Sessions of the caller that go on.
#[server(prefix = "/fn", endpoint = "session/list", input = Json, client = Client)]
pub async fn sessions() -> Result<Vec<OpenSession>, AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.sessions(&caller).await?)
}

/// Ends one of the caller's sessions.
#[server(prefix = "/fn", endpoint = "session/end", input = Json, client = Client)]
pub async fn end_session(key: String) -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    Ok(platform.end_session(&caller, &key).await?)
}

/// Ends all of the caller's sessions but this one.
#[server(prefix = "/fn", endpoint = "session/end-others", input = Json, client = Client)]
pub async fn end_other_sessions() -> Result<(), AppError> {
    let (platform, caller) = cx()?;
    let here = crate::session::key().map(|key| key.0).unwrap_or_default();
    Ok(platform.end_other_sessions(&caller, &here).await?)
}
