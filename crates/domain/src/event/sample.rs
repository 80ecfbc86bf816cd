//! An example of the data of each type: what a page shows, and what a validator starts with.

use serde_json::{Value, json};

use super::{Category, EventType};

/// Data that fits `kind`, as it is in practice.
pub fn sample_data(kind: EventType) -> Value {
    const BUILD: &str = "hello-1-3f9a2c";
    const HASH: &str = "9b74c9897bac770ffc029102a200c5de";
    const IMAGE: &str = "registry.local/default/hello@sha256:6f1ed002ab5595859014ebf0951522d9b7a1f0d2c1b0a0e5c2f0d1b7a3c4e5f6";
    let ended = |more: Value| {
        let mut data = json!({"buildId": BUILD, "sourceHash": HASH, "attempt": 1, "durationMs": 8120});
        if let (Some(data), Some(more)) = (data.as_object_mut(), more.as_object()) {
            data.extend(more.clone());
        }
        data
    };
    match kind {
        EventType::FunctionCreated | EventType::FunctionUpdated => {
            json!({"generation": 1, "source": "inline", "language": "python", "actor": "ada"})
        }
        EventType::FunctionDeleted => json!({"generation": 4, "actor": "ada"}),
        EventType::BuildStarted => json!({"buildId": BUILD, "sourceHash": HASH, "attempt": 1}),
        EventType::BuildCompleted => ended(json!({"image": IMAGE})),
        EventType::BuildFailed => ended(json!({
            "category": "dependency_error",
            "message": "pip found no version of requests that satisfies ==99.",
        })),
        EventType::BuildTimeout => {
            ended(json!({"category": "timeout", "message": "The build took longer than 30 minutes."}))
        }
        EventType::BuildCancelled => ended(json!({"message": "Somebody asked the build to end."})),
        EventType::BuildStopped => ended(json!({"message": "A newer source took its place."})),
        EventType::ServiceCreated | EventType::ServiceUpdated => {
            json!({"service": "hello", "image": IMAGE, "revision": "hello-00001"})
        }
        EventType::ServiceDeleted => json!({"service": "hello"}),
        EventType::StatusUpdated => json!({
            "from": "Deploying", "phase": "Ready", "reason": "ServiceReady", "message": "The function answers.",
        }),
        EventType::HealthCheck => {
            json!({"ready": false, "reason": "RevisionFailed", "message": "The newest Revision does not start."})
        }
        EventType::ParserStarted => json!({"invocationId": "0190c7e2", "trigger": "event", "attempt": 1}),
        EventType::ParserCompleted | EventType::ParserFailed => {
            let failed = kind == EventType::ParserFailed;
            let mut data = json!({
                "invocationId": "0190c7e2", "trigger": "event", "attempt": 1, "revision": "hello-00001",
                "status": if failed { 500 } else { 200 }, "queueMs": 1.4, "runMs": 12.8, "coldStart": false,
            });
            if failed {
                data["errorType"] = json!("HTTP500");
                data["errorMessage"] = json!("The call was answered with status 500.");
            }
            data
        }
        EventType::CommandFunctionDeploy => json!({"spec": {
            "source": {"type": "inline", "inline": {"code": "def handler(event):\n    return event\n"}},
            "runtime": {"language": "python", "handler": "main.handler"},
        }}),
        EventType::CommandFunctionRollback => json!({"revision": "hello-00001"}),
        EventType::CommandBuildCancel => json!({"buildId": BUILD, "reason": "wrong branch"}),
        _ if kind.category() == Category::Command => json!({"reason": "asked for by the nightly job"}),
        EventType::ResponseError => json!({
            "type": "ValueError", "message": "order 7 is unknown", "retryable": false,
        }),
        _ => json!({"order": 7}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::check_data;

    #[test]
    fn every_example_is_accepted_as_data_of_its_type() {
        for kind in EventType::ALL {
            check_data(*kind, &sample_data(*kind)).unwrap_or_else(|error| panic!("{kind}: {error}"));
        }
    }
}
