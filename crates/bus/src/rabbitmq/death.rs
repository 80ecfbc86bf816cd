//! Dead letters as messages: the event, and headers that tell how it died.

use std::collections::BTreeMap;

use domain::{Timestamp, deadletter::FailureKind, event::CloudEvent};
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldArray, FieldTable, ShortString},
};

use super::publisher::Outgoing;
use crate::{Death, Error, Result};

/// Everything that is known, as JSON.
const DEATH: &str = "x-lambda-death";
/// As RabbitMQ itself and other tools have it.
const X_DEATH: &str = "x-death";

/// The message for the dead-letter queue `target`.
pub(super) fn letter(event: &CloudEvent, exchange: &str, death: &Death, target: &str) -> Result<Outgoing> {
    let mut message = Outgoing::letter(target, event)?;
    let whole = serde_json::to_string(death).map_err(|error| Error::Invalid(error.to_string()))?;
    let text = |value: &str| AMQPValue::LongString(value.into());
    let reason = match death.kind {
        FailureKind::Permanent => "rejected",
        FailureKind::Transient => "delivery_limit",
    };
    let entry: BTreeMap<ShortString, AMQPValue> = BTreeMap::from([
        ("queue".into(), text(&death.queue)),
        ("reason".into(), text(reason)),
        ("exchange".into(), text(exchange)),
        ("routing-keys".into(), AMQPValue::FieldArray(FieldArray::from(vec![text(&event.kind)]))),
        ("count".into(), AMQPValue::LongLongInt(1)),
        (
            "time".into(),
            AMQPValue::Timestamp(u64::try_from(death.died_at.as_millis() / 1000).unwrap_or_default()),
        ),
    ]);
    let mut headers =
        message.properties.headers().as_ref().map(|all| all.inner().clone()).unwrap_or_default();
    headers.insert(DEATH.into(), text(&whole));
    headers.insert(
        X_DEATH.into(),
        AMQPValue::FieldArray(FieldArray::from(vec![AMQPValue::FieldTable(entry.into())])),
    );
    message.properties = message.properties.with_headers(headers.into());
    Ok(message)
}

/// How a message died: as it was written by [`letter`], or what RabbitMQ notes when it gives one up itself.
pub(super) fn of(properties: &BasicProperties, now: Timestamp) -> Option<Death> {
    let headers = properties.headers().as_ref().map(FieldTable::inner)?;
    if let Some(whole) = headers.get(DEATH).and_then(text) {
        return serde_json::from_str(&whole).ok();
    }
    let Some(AMQPValue::FieldArray(entries)) = headers.get(X_DEATH) else { return None };
    let Some(AMQPValue::FieldTable(entry)) = entries.as_slice().first() else { return None };
    let entry = entry.inner();
    let field = |name: &str| entry.get(name).and_then(text);
    let why = field("reason").unwrap_or_default();
    let reason = match why.as_str() {
        "delivery_limit" => "It was delivered too often without an answer.",
        "expired" => "It waited longer than its queue allows.",
        "maxlen" => "Its queue was full.",
        _ => "A consumer rejected it.",
    };
    let died_at = match entry.get("time") {
        Some(AMQPValue::Timestamp(seconds)) => {
            Timestamp::from_millis(i64::try_from(*seconds).unwrap_or_default().saturating_mul(1000))
        }
        _ => now,
    };
    Some(Death {
        queue: field("queue").unwrap_or_default(),
        kind: if why == "rejected" { FailureKind::Permanent } else { FailureKind::Transient },
        reason: reason.to_owned(),
        attempts: Vec::new(),
        died_at,
    })
}

fn text(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        _ => None,
    }
}

/// How often a quorum queue gave the message out before.
pub(super) fn deliveries_before(properties: &BasicProperties) -> u32 {
    let count = properties.headers().as_ref().and_then(|headers| headers.inner().get("x-delivery-count"));
    match count {
        Some(AMQPValue::LongLongInt(n)) => u32::try_from(*n).unwrap_or_default(),
        Some(AMQPValue::LongInt(n)) => u32::try_from(*n).unwrap_or_default(),
        Some(AMQPValue::ShortShortInt(n)) => u32::try_from(*n).unwrap_or_default(),
        Some(AMQPValue::ShortInt(n)) => u32::try_from(*n).unwrap_or_default(),
        _ => 0,
    }
}
