//! Events: in the namespace of what they are about, and complete where they are of the newer kind.

use serde_json::Value;

use crate::api::status::Cause;
use crate::registry::resource::Resource;

pub(super) fn validate(resource: &Resource, object: &Value, causes: &mut Vec<Cause>) {
    let newer = resource.group == "events.k8s.io";
    let about = if newer { "regarding" } else { "involvedObject" };
    let given = object[about]["namespace"].as_str().unwrap_or_default();
    let own = object["metadata"]["namespace"].as_str().unwrap_or_default();
    // What is about an object of cluster scope lies in the namespace `default`.
    let matches = given == own || (given.is_empty() && matches!(own, "default" | "kube-system"));
    if !matches {
        let words = "does not match event.namespace";
        causes.push(Cause::invalid("involvedObject.namespace", &given.into(), words));
    }
    let has_time = object["eventTime"].is_string();
    let controller = if newer { "reportingController" } else { "reportingComponent" };
    if has_time {
        for field in [controller, "reportingInstance", "action", "reason"] {
            if object[field].as_str().unwrap_or_default().is_empty() {
                causes.push(Cause::required(field, ""));
            }
        }
    }
    if newer {
        let kind = object["type"].as_str().unwrap_or_default();
        if !has_time {
            causes.push(Cause::required("eventTime", ""));
        }
        if !matches!(kind, "Normal" | "Warning") {
            causes.push(Cause::invalid("type", &"".into(), &format!("has invalid value: {kind}")));
        }
    }
}
