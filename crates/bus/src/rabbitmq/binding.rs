//! CloudEvents over AMQP: the binary content mode, and the structured one where it alone keeps everything.

use std::collections::BTreeMap;

use domain::event::{CloudEvent, is_json};
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, LongString, ShortString},
};
use serde_json::{Map, Value};

/// Written before attribute names; `:` is read as well, as other senders write it.
const PREFIX: &str = "cloudEvents_";
const OTHER_PREFIX: &str = "cloudEvents:";
const STRUCTURED: &str = "application/cloudevents+json";

/// A message: application properties, content type, body.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Message {
    pub(super) headers: BTreeMap<ShortString, AMQPValue>,
    pub(super) content_type: Option<ShortString>,
    pub(super) body: Vec<u8>,
}

/// Why bytes are no event.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoEvent {
    #[error("The message has no CloudEvents attributes and is not {STRUCTURED}.")]
    Bare,
    #[error("The message is not a CloudEvent: {0}.")]
    Malformed(#[from] serde_json::Error),
}

pub(super) fn encode(event: &CloudEvent) -> serde_json::Result<Message> {
    match binary(event)? {
        Some(message) => Ok(message),
        None => structured(event),
    }
}

/// Everything in the body.
pub(super) fn structured(event: &CloudEvent) -> serde_json::Result<Message> {
    let (headers, content_type) = (BTreeMap::new(), Some(STRUCTURED.into()));
    Ok(Message { headers, content_type, body: serde_json::to_vec(event)? })
}

/// None when the body's bytes would not tell what the data was.
fn binary(event: &CloudEvent) -> serde_json::Result<Option<Message>> {
    let json = event.datacontenttype.as_deref().is_none_or(is_json);
    let body = match (&event.data, &event.data_base64) {
        (Some(data), None) if json => serde_json::to_vec(data)?,
        (Some(Value::String(text)), None) if !text.is_empty() => text.clone().into_bytes(),
        (None, None) => Vec::new(),
        _ => return Ok(None),
    };
    let content_type = event.datacontenttype.as_deref().map(ShortString::try_new).transpose();
    let Ok(content_type) = content_type else { return Ok(None) };
    let envelope = CloudEvent { data: None, data_base64: None, datacontenttype: None, ..event.clone() };
    let Value::Object(attributes) = serde_json::to_value(envelope)? else { return Ok(None) };
    let mut headers = BTreeMap::new();
    for (name, value) in attributes {
        let (Ok(name), Some(value)) = (ShortString::try_new(format!("{PREFIX}{name}")), to_amqp(&value))
        else {
            return Ok(None);
        };
        headers.insert(name, value);
    }
    Ok(Some(Message { headers, content_type, body }))
}

fn to_amqp(value: &Value) -> Option<AMQPValue> {
    match value {
        Value::String(text) => Some(AMQPValue::LongString(text.as_str().into())),
        Value::Bool(flag) => Some(AMQPValue::Boolean(*flag)),
        Value::Number(number) => number.as_i64().map(AMQPValue::LongLongInt),
        _ => None,
    }
}

/// The event of a message, in whichever mode it was sent.
pub(super) fn decode(properties: &BasicProperties, body: &[u8]) -> Result<CloudEvent, NoEvent> {
    let content_type = properties.content_type().as_ref().map(ShortString::as_str);
    if content_type.is_some_and(|kind| kind.starts_with(STRUCTURED)) {
        return Ok(serde_json::from_slice(body)?);
    }
    let mut event = Map::new();
    for (name, value) in properties.headers().as_ref().map(FieldTable::inner).into_iter().flatten() {
        let name = name.as_str();
        let attribute = name.strip_prefix(PREFIX).or_else(|| name.strip_prefix(OTHER_PREFIX));
        if let (Some(attribute), Some(value)) = (attribute, from_amqp(value)) {
            event.insert(attribute.to_owned(), value);
        }
    }
    if event.is_empty() {
        return Err(NoEvent::Bare);
    }
    let json = content_type.is_none_or(is_json);
    if let Some(kind) = content_type {
        event.insert("datacontenttype".to_owned(), kind.into());
    }
    if !body.is_empty() {
        match (json, std::str::from_utf8(body)) {
            (true, _) => drop(event.insert("data".to_owned(), serde_json::from_slice(body)?)),
            (false, Ok(text)) => drop(event.insert("data".to_owned(), text.into())),
            (false, Err(_)) => drop(event.insert("data_base64".to_owned(), base64(body).into())),
        }
    }
    Ok(serde_json::from_value(Value::Object(event))?)
}

fn from_amqp(value: &AMQPValue) -> Option<Value> {
    Some(match value {
        AMQPValue::LongString(text) => lossy(text).into(),
        AMQPValue::ShortString(text) => text.as_str().into(),
        AMQPValue::Boolean(flag) => (*flag).into(),
        AMQPValue::ShortShortInt(n) => (*n).into(),
        AMQPValue::ShortShortUInt(n) => (*n).into(),
        AMQPValue::ShortInt(n) => (*n).into(),
        AMQPValue::ShortUInt(n) => (*n).into(),
        AMQPValue::LongInt(n) => (*n).into(),
        AMQPValue::LongUInt(n) => (*n).into(),
        AMQPValue::LongLongInt(n) => (*n).into(),
        AMQPValue::Timestamp(seconds) => {
            let at = domain::Timestamp::from_millis(i64::try_from(*seconds).ok()?.checked_mul(1000)?);
            serde_json::to_value(at).ok()?
        }
        _ => return None,
    })
}

fn lossy(text: &LongString) -> String {
    String::from_utf8_lossy(text.as_bytes()).into_owned()
}

fn base64(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(more: Value) -> CloudEvent {
        let mut base = json!({"specversion": "1.0", "id": "1", "source": "s", "type": "t", "subject": "a/b"});
        base.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(base).unwrap()
    }

    fn properties(message: &Message) -> BasicProperties {
        let properties = BasicProperties::default().with_headers(message.headers.clone().into());
        match &message.content_type {
            Some(kind) => properties.with_content_type(kind.clone()),
            None => properties,
        }
    }

    #[test]
    fn every_event_reads_back_as_it_was_written() {
        for more in [
            json!({}),
            json!({"data": null}),
            json!({"data": {"n": 1}, "datacontenttype": "application/json", "sequence": 7, "flag": true}),
            json!({"data": "text", "datacontenttype": "text/plain", "time": "2026-01-02T03:04:05.678Z"}),
            json!({"data": "text"}),
            json!({"data": "", "datacontenttype": "text/plain"}),
            json!({"data": {"n": 1}, "datacontenttype": "text/plain"}),
            json!({"data_base64": "//4=", "datacontenttype": "image/png"}),
            json!({"data": 1, "ratio": 0.5}),
        ] {
            let sent = event(more);
            let message = encode(&sent).unwrap();
            let read = decode(&properties(&message), &message.body).unwrap();
            assert_eq!(
                read.data.as_ref().filter(|data| !data.is_null()),
                sent.data.as_ref().filter(|data| !data.is_null())
            );
            assert_eq!(CloudEvent { data: None, ..read }, CloudEvent { data: None, ..sent });
        }
    }

    #[test]
    fn both_prefixes_and_both_modes_are_read() {
        let headers: BTreeMap<ShortString, AMQPValue> =
            [("specversion", "1.0"), ("id", "1"), ("source", "s"), ("type", "t")]
                .map(|(name, value)| {
                    (format!("{OTHER_PREFIX}{name}").into(), AMQPValue::LongString(value.into()))
                })
                .into();
        let colon = BasicProperties::default().with_headers(headers.into());
        assert_eq!(decode(&colon, br#"{"n":1}"#).unwrap().data, Some(json!({"n": 1})));
        let structured = BasicProperties::default().with_content_type(STRUCTURED.into());
        let sent = event(json!({"data": [1]}));
        assert_eq!(decode(&structured, &serde_json::to_vec(&sent).unwrap()).unwrap(), sent);
    }

    #[test]
    fn what_is_no_event_is_told_apart_from_one() {
        let bare = BasicProperties::default().with_content_type("application/json".into());
        assert!(matches!(decode(&bare, b"{}"), Err(NoEvent::Bare)));
        let structured = BasicProperties::default().with_content_type(STRUCTURED.into());
        assert!(matches!(decode(&structured, &[0xff, 0xfe]), Err(NoEvent::Malformed(_))));
    }
}
