//! Schemas of events' data, and whether some data fits.

use domain::event::{EventType, check_data, schema};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    auth::Signed,
    extract::{Json, Path},
    problem::{Answer, Refusal},
};

/// One type, for the list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    #[serde(rename = "type")]
    kind: String,
    label: &'static str,
    schema: String,
}

pub(crate) async fn list(Signed(_): Signed) -> Json<Value> {
    let entry = |kind: &EventType| Entry {
        kind: kind.full_name(),
        label: kind.label(),
        schema: format!("{}/schemas/{}", super::BASE, kind.full_name()),
    };
    let items: Vec<Entry> = EventType::ALL.iter().map(entry).collect();
    Json(json!({"items": items}))
}

pub(crate) async fn read(Signed(_): Signed, Path(kind): Path<String>) -> Answer<Json<Value>> {
    let kind = known(&kind)?;
    let mut schema = schema(kind).to_value();
    schema["$id"] = json!(format!("{}/schemas/{}", super::BASE, kind.full_name()));
    Ok(Json(schema))
}

/// Whether the body would be accepted as the data of an event of this type.
pub(crate) async fn validate(
    Signed(_): Signed,
    Path(kind): Path<String>,
    Json(data): Json<Value>,
) -> Answer<Json<Value>> {
    Ok(Json(match check_data(known(&kind)?, &data) {
        Ok(()) => json!({"valid": true}),
        Err(why) => json!({"valid": false, "reason": why.to_string()}),
    }))
}

/// A type by its full name, or without the prefix.
fn known(kind: &str) -> Answer<EventType> {
    let full = EventType::parse(kind);
    full.or_else(|| EventType::ALL.iter().copied().find(|known| known.name() == kind))
        .ok_or_else(Refusal::not_found)
}
