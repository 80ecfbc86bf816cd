//! CloudEvents 1.0 and the platform's event types.
//!
//! Every type is [`PREFIX`] + its name. An event is a duplicate of another when `source` and `id`
//! are equal, within one tenant; lifecycle events have deterministic ids, so a redelivery is the same event.

mod build;
mod check;
mod command;
mod function;
mod invocation;
mod kind;
mod legacy;
mod life;
mod overview;
mod parser;
mod payload;
mod sample;
mod service;
mod status;

pub use build::{BuildEnded, BuildStarted};
pub use check::{InvalidAttribute, TooLarge, is_json};
pub use command::{BuildCommand, DeployCommand, RollbackCommand, ServiceCommand};
pub use function::{FunctionChanged, FunctionDeleted};
pub use invocation::{InvokeAsync, ResponseError, ResponseSuccess};
pub use kind::{Category, EventType, PREFIX};
pub use legacy::from_legacy;
pub use life::{EventLife, Mismatch, TriggerMatch, Try};
pub use overview::EventOverview;
pub use parser::{ParserEnded, ParserStarted};
#[cfg(feature = "kube")]
pub use payload::schema;
pub use payload::{InvalidData, check_data};
pub use sample::sample_data;
pub use service::{ServiceChanged, ServiceDeleted};
pub use status::{HealthCheck, StatusUpdated};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{CorrelationId, FunctionName, TenantName, Timestamp};

/// Largest event body in bytes.
pub const MAX_DATA_BYTES: usize = 1024 * 1024;
/// Bytes that the attributes of an event may have together.
pub const MAX_ATTRIBUTE_BYTES: usize = 64 * 1024;

/// A CloudEvent 1.0 in its JSON format; attributes that are not named here are extensions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CloudEvent {
    /// Always `1.0`.
    pub specversion: String,
    /// Unique within [`Self::source`].
    pub id: String,
    /// `io.knative.lambda/<component>/<tenant>/<name>` for the platform's own; a URI reference.
    pub source: String,
    /// See [`EventType`]; others are allowed for users' own events.
    #[serde(rename = "type")]
    pub kind: String,
    /// `<tenant>/<name>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// When it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Timestamp>,
    /// Media type of the data; JSON when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datacontenttype: Option<String>,
    /// Schema of the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataschema: Option<String>,
    /// JSON data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Data that is not JSON, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_base64: Option<String>,
    /// Extension attributes: strings, numbers, booleans.
    #[serde(flatten)]
    pub extensions: BTreeMap<String, Value>,
}

/// What stands in the place of a value that the platform does not show.
pub const REDACTED: &str = "[redacted]";

/// Extension attributes that the platform sets.
pub mod extension {
    /// One per user intention.
    pub const CORRELATION: &str = "correlationid";
    /// Id of the event that caused this one.
    pub const CAUSATION: &str = "causationid";
    /// W3C trace context.
    pub const TRACEPARENT: &str = "traceparent";
    /// Rises per function.
    pub const SEQUENCE: &str = "sequence";
    /// Whose the event is; written at the door, whatever the sender says.
    pub const TENANT: &str = "tenant";
    /// How many functions the event has passed through.
    pub const HOPS: &str = "hops";
    /// Position of the dead letter that this event was sent again from.
    pub const REPLAY_OF: &str = "replayof";
    /// How often it was sent again.
    pub const REPLAY_COUNT: &str = "replaycount";
    /// Id of the user who did it last.
    pub const REPLAYED_BY: &str = "replayedby";
    /// Id of the replay job that did it last.
    pub const REPLAY_JOB: &str = "replayjob";
}

impl CloudEvent {
    /// An event of the platform about one function.
    pub fn about(
        kind: EventType,
        component: &str,
        tenant: &TenantName,
        function: &FunctionName,
        id: impl Into<String>,
        time: Timestamp,
        data: &impl Serialize,
    ) -> Self {
        Self {
            specversion: "1.0".to_owned(),
            id: id.into(),
            source: format!("io.knative.lambda/{component}/{tenant}/{function}"),
            kind: kind.full_name(),
            subject: Some(format!("{tenant}/{function}")),
            time: Some(time),
            datacontenttype: Some("application/json".to_owned()),
            dataschema: None,
            data: serde_json::to_value(data).ok(),
            data_base64: None,
            extensions: BTreeMap::new(),
        }
    }

    /// The same event with an extension attribute.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extensions.insert(name.to_owned(), value.into());
        self
    }

    /// The same event with its correlation id.
    #[must_use]
    pub fn correlated(self, id: &CorrelationId) -> Self {
        self.with(extension::CORRELATION, id.as_str())
    }

    /// A text extension.
    pub fn extension(&self, name: &str) -> Option<&str> {
        self.extensions.get(name).and_then(Value::as_str)
    }

    /// `correlationid`.
    pub fn correlation_id(&self) -> Option<&str> {
        self.extension(extension::CORRELATION)
    }

    /// `sequence`.
    pub fn sequence(&self) -> Option<i64> {
        self.integer(extension::SEQUENCE)
    }

    /// An extension that is a number: as text, too, for headers carry nothing else.
    pub fn integer(&self, name: &str) -> Option<i64> {
        match self.extensions.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The type when it is one of the platform's.
    pub fn event_type(&self) -> Option<EventType> {
        EventType::parse(&self.kind)
    }

    /// Tenant and function of the subject.
    pub fn target(&self) -> Option<(TenantName, FunctionName)> {
        let (tenant, function) = self.subject.as_deref()?.split_once('/')?;
        Some((tenant.parse().ok()?, function.parse().ok()?))
    }
}

/// An event as the store keeps it and the timeline shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventRecord {
    /// Position in the store, rising in the order of arrival: cursor and resume point.
    pub position: i64,
    /// Whose.
    pub tenant: TenantName,
    /// Of which function, when it has one.
    pub function: Option<FunctionName>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// The event itself.
    pub event: CloudEvent,
}

impl EventRecord {
    /// When it happened: the event's own time, or when it arrived.
    pub fn at(&self) -> Timestamp {
        self.event.time.unwrap_or(self.received_at)
    }
}

/// Which events a list shows; all given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventFilter {
    /// Of this function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<FunctionName>,
    /// Type, full or without prefix; a trailing `*` matches any rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Exact `source`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `ok` or `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<EventStatus>,
    /// Exact correlation id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation: Option<String>,
    /// Text in id, type, subject or data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// From this time on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Whether an event tells of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventStatus {
    /// Went well, or is neutral.
    Ok,
    /// A build, execution or answer failed, timed out, or a function became unready.
    Failed,
}

impl CloudEvent {
    /// Whether it tells of a failure.
    pub fn status(&self) -> EventStatus {
        let failed = match self.event_type() {
            Some(
                EventType::BuildFailed
                | EventType::BuildTimeout
                | EventType::ParserFailed
                | EventType::ResponseError,
            ) => true,
            Some(EventType::StatusUpdated) => self.data_text("phase") == Some("Failed"),
            Some(EventType::HealthCheck) => {
                self.data.as_ref().and_then(|data| data.get("ready")).and_then(Value::as_bool) == Some(false)
                    && self.data_text("reason") != Some("Deploying")
            }
            _ => false,
        };
        if failed { EventStatus::Failed } else { EventStatus::Ok }
    }

    fn data_text(&self, key: &str) -> Option<&str> {
        self.data.as_ref()?.get(key)?.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> CloudEvent {
        let (tenant, name) = ("acme".parse().unwrap(), "hello".parse().unwrap());
        let data = BuildStarted { build_id: "b".into(), source_hash: "h".into(), attempt: 1 };
        CloudEvent::about(
            EventType::BuildStarted,
            "operator",
            &tenant,
            &name,
            "1",
            Timestamp::from_millis(0),
            &data,
        )
    }

    #[test]
    fn an_event_reads_back_as_it_was_written_with_its_extensions() {
        let event = sample().with("sequence", 7).with("correlationid", "c-1");
        let text = serde_json::to_string(&event).unwrap();
        assert!(text.contains(r#""correlationid":"c-1""#), "{text}");
        let back: CloudEvent = serde_json::from_str(&text).unwrap();
        assert_eq!(back, event);
        assert_eq!((back.sequence(), back.correlation_id()), (Some(7), Some("c-1")));
    }

    #[test]
    fn the_subject_names_tenant_and_function() {
        let (tenant, function) = sample().target().unwrap();
        assert_eq!((tenant.as_str(), function.as_str()), ("acme", "hello"));
    }
}
