//! `POST /events`: CloudEvents over HTTP, in all modes: binary, structured, batched.

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{
    TenantName,
    event::{CloudEvent, MAX_DATA_BYTES},
    identity::Caller,
};
use serde_json::{Map, Value, json};

use crate::{
    auth::Signed,
    extract::{Bytes, Json},
    problem::{Answer, Refusal},
    state::AppState,
};

/// Most events of a batch.
const BATCH: usize = 100;

pub(crate) fn router() -> Router<AppState> {
    async fn events(
        State(state): State<AppState>,
        Signed(caller): Signed,
        headers: HeaderMap,
        Bytes(body): Bytes,
    ) -> Answer<(StatusCode, Json<Value>)> {
        take_in(&state, &caller, None, &headers, &body).await
    }
    Router::new().route("/events", post(events)).layer(DefaultBodyLimit::max(BATCH * MAX_DATA_BYTES / 10))
}

/// Takes the events of a request in; 202 when every one of them survives a crash. Each event of a batch is
/// judged by itself: 207 tells which were refused and why, so that one bad event does not hold up the rest.
///
/// Without a tenant in the address it is that of the subject, or the caller's only one.
pub(crate) async fn take_in(
    state: &AppState,
    caller: &Caller,
    tenant: Option<&TenantName>,
    headers: &HeaderMap,
    body: &[u8],
) -> Answer<(StatusCode, Json<Value>)> {
    let events = decode(headers, body).inspect_err(|_| {
        let labels = [("type", "other"), ("result", telemetry::metric::FAILURE)];
        metrics::counter!(telemetry::metric::EVENTS, &labels).increment(1);
    })?;
    let (mut accepted, mut refused) = (Vec::with_capacity(events.len()), Vec::new());
    for (index, event) in events.into_iter().enumerate() {
        let id = event.id.clone();
        match take_one(state, caller, tenant, event).await {
            Ok(event) => accepted.push(json!({"id": event.id, "correlationId": event.correlation_id()})),
            Err(refusal) => refused.push((index, id, refusal)),
        }
    }
    if refused.is_empty() {
        return Ok((StatusCode::ACCEPTED, Json(json!({"accepted": accepted}))));
    }
    if accepted.is_empty() {
        return Err(refused.swap_remove(0).2);
    }
    let refused: Vec<Value> = refused
        .into_iter()
        .map(|(index, id, refusal)| json!({"index": index, "id": id, "problem": refusal.into_problem()}))
        .collect();
    Ok((StatusCode::MULTI_STATUS, Json(json!({"accepted": accepted, "refused": refused}))))
}

async fn take_one(
    state: &AppState,
    caller: &Caller,
    tenant: Option<&TenantName>,
    event: CloudEvent,
) -> Answer<CloudEvent> {
    let tenant = match tenant {
        Some(tenant) => tenant.clone(),
        None => tenant_of(caller, &event)?,
    };
    state.platform.publish_event(caller, &tenant, event).await.map_err(Refusal::of(caller))
}

fn tenant_of(caller: &Caller, event: &CloudEvent) -> Answer<TenantName> {
    if let Some((tenant, _)) = event.target() {
        return Ok(tenant);
    }
    match caller.user.roles.as_slice() {
        [(tenant, _)] => Ok(tenant.clone()),
        _ => Err(bad("subject", "Write a subject: <tenant>/<function>.")),
    }
}

fn decode(headers: &HeaderMap, body: &[u8]) -> Answer<Vec<CloudEvent>> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/cloudevents-batch+json") {
        let events: Vec<CloudEvent> = serde_json::from_slice(body).map_err(not_an_event)?;
        if events.len() > BATCH {
            return Err(bad("body", "A batch can have at most 100 events."));
        }
        return Ok(events);
    }
    if kind.starts_with("application/cloudevents+json") {
        return Ok(vec![serde_json::from_slice(body).map_err(not_an_event)?]);
    }
    if headers.contains_key("ce-specversion") {
        return binary(headers, kind, body).map(|event| vec![event]);
    }
    Err(Refusal::new(
        415,
        "not_a_cloudevent",
        "This request carries no CloudEvent.",
        "Send Content-Type: application/cloudevents+json, or the attributes as ce-… headers.",
    ))
}

/// Attributes in headers, data in the body.
fn binary(headers: &HeaderMap, kind: &str, body: &[u8]) -> Answer<CloudEvent> {
    let mut event = Map::new();
    for (name, value) in headers {
        if let Some(attribute) = name.as_str().strip_prefix("ce-") {
            let text = value.to_str().map_err(|_| bad(attribute, "Attributes are printable text."))?;
            event.insert(attribute.to_owned(), Value::String(percent_decode(text)));
        }
    }
    let json_data = kind.is_empty() || kind.starts_with("application/json") || kind.contains("+json");
    if !kind.is_empty() {
        event.insert("datacontenttype".to_owned(), kind.into());
    }
    if !body.is_empty() {
        match (json_data, std::str::from_utf8(body)) {
            (true, _) => {
                let data = serde_json::from_slice(body)
                    .map_err(|error| bad("data", &format!("The data is not JSON: {error}.")))?;
                event.insert("data".to_owned(), data);
            }
            (false, Ok(text)) => drop(event.insert("data".to_owned(), text.into())),
            (false, Err(_)) => drop(event.insert("data_base64".to_owned(), STANDARD.encode(body).into())),
        }
    }
    serde_json::from_value(Value::Object(event)).map_err(not_an_event)
}

/// Header values of the binary mode escape what is not printable ASCII.
fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if bytes[at] == b'%' => {
                decoded.push(byte);
                at += 3;
            }
            _ => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn not_an_event(error: serde_json::Error) -> Refusal {
    bad("body", &format!("The body is not a CloudEvent: {error}."))
}

fn bad(field: &str, message: &str) -> Refusal {
    Refusal::field(field, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn all_three_modes_give_the_same_event() {
        let json = br#"{"specversion":"1.0","id":"1","source":"s","type":"t","subject":"a/b","data":{"x":1},"correlationid":"c"}"#;
        let structured = decode(&headers(&[("content-type", "application/cloudevents+json")]), json);
        let batch = [b"[".as_slice(), json, b"]"].concat();
        let batched = decode(&headers(&[("content-type", "application/cloudevents-batch+json")]), &batch);
        let mut binary = decode(
            &headers(&[
                ("ce-specversion", "1.0"),
                ("ce-id", "1"),
                ("ce-source", "s"),
                ("ce-type", "t"),
                ("ce-subject", "a%2Fb"),
                ("ce-correlationid", "c"),
            ]),
            br#"{"x":1}"#,
        )
        .ok()
        .unwrap();
        binary[0].datacontenttype = None;
        let structured = structured.ok().unwrap();
        assert_eq!(structured, batched.ok().unwrap());
        assert_eq!(structured, binary);
    }

    #[test]
    fn data_that_is_no_text_travels_as_base64() {
        let pairs = [
            ("ce-specversion", "1.0"),
            ("ce-id", "1"),
            ("ce-source", "s"),
            ("ce-type", "t"),
            ("content-type", "image/png"),
        ];
        let event = decode(&headers(&pairs), &[0xff, 0xfe]).ok().unwrap().remove(0);
        assert_eq!((event.data, event.data_base64.as_deref()), (None, Some("//4=")));
    }

    #[test]
    fn a_plain_post_is_no_event() {
        assert!(decode(&headers(&[("content-type", "application/json")]), b"{}").is_err());
    }
}
