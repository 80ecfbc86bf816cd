//! Schemas of events' data.

use domain::event::EventType;
use leptos::prelude::*;
use serde_json::Value;
use server_fn::codec::Json;

#[cfg(feature = "ssr")]
use crate::api::cx;
use crate::{api::Client, error::AppError};

/// The JSON Schema of the data of a type, by its name.
#[server(prefix = "/fn", endpoint = "schemas/get", input = Json, client = Client)]
pub async fn data_schema(kind: String) -> Result<Value, AppError> {
    cx()?;
    Ok(domain::event::schema(known(&kind)?).to_value())
}

/// Whether data would be accepted; if not, why.
#[server(prefix = "/fn", endpoint = "schemas/check", input = Json, client = Client)]
pub async fn check_data(kind: String, data: Value) -> Result<Option<String>, AppError> {
    cx()?;
    Ok(domain::event::check_data(known(&kind)?, &data).err().map(|why| why.to_string()))
}

/// A type by its full name, or without the prefix.
pub fn known(kind: &str) -> Result<EventType, AppError> {
    EventType::ALL
        .iter()
        .copied()
        .find(|known| known.name() == kind || known.full_name() == kind)
        .ok_or_else(|| AppError::not_found("event type"))
}
