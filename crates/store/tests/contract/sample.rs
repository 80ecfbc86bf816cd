//! Rows for the cases.

use domain::{FunctionName, TenantName, Timestamp, event::CloudEvent};
use store::NewEvent;

pub(crate) fn acme() -> TenantName {
    "acme".parse().unwrap()
}

pub(crate) fn other() -> TenantName {
    "other".parse().unwrap()
}

pub(crate) fn function(name: &str) -> FunctionName {
    name.parse().unwrap()
}

pub(crate) const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// An event of `acme/f` that happened at `time` ms and arrived at 1,000,000 ms.
pub(crate) fn event(id: &str, time: i64) -> NewEvent {
    let event: CloudEvent = serde_json::from_value(serde_json::json!({
        "specversion": "1.0",
        "id": id,
        "source": "test",
        "type": "io.knative.lambda.lifecycle.build.started",
        "subject": "acme/f",
        "time": at(time),
        "data": {"buildId": id},
    }))
    .unwrap();
    NewEvent { tenant: acme(), function: Some(function("f")), received_at: at(1_000_000), event }
}
