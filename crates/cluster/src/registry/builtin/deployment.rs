//! Deployments: defaults, and a selector that matches the template and stays.

use serde_json::{Value, json};

use super::{default, immutable, pod_spec, selector};
use crate::api::status::Cause;

pub(super) fn apply_defaults(object: &mut Value) {
    let spec = &mut object["spec"];
    default(spec, "replicas", 1);
    default(spec, "revisionHistoryLimit", 10);
    default(spec, "progressDeadlineSeconds", 600);
    default(spec, "strategy", json!({}));
    default(&mut spec["strategy"], "type", "RollingUpdate");
    if spec["strategy"]["type"] == "RollingUpdate" {
        default(&mut spec["strategy"], "rollingUpdate", json!({}));
        default(&mut spec["strategy"]["rollingUpdate"], "maxSurge", "25%");
        default(&mut spec["strategy"]["rollingUpdate"], "maxUnavailable", "25%");
    }
    pod_spec::apply_template_defaults(&mut spec["template"]);
}

pub(super) fn validate(object: &Value, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    if spec["replicas"].as_i64().is_some_and(|replicas| replicas < 0) {
        causes.push(Cause::invalid("spec.replicas", &spec["replicas"], "must be greater than or equal to 0"));
    }
    let labels = &spec["template"]["metadata"]["labels"];
    if !spec["selector"].is_object() {
        causes.push(Cause::required("spec.selector", ""));
    } else if spec["selector"].as_object().is_some_and(serde_json::Map::is_empty) {
        let words = "empty selector is invalid for deployment";
        causes.push(Cause::invalid("spec.selector", &spec["selector"], words));
    } else if !selector::matches(&spec["selector"], labels) {
        let words = "`selector` does not match template `labels`";
        causes.push(Cause::invalid("spec.template.metadata.labels", labels, words));
    }
    pod_spec::validate(&spec["template"]["spec"], "spec.template.spec", causes);
    let policy = &spec["template"]["spec"]["restartPolicy"];
    if !policy.is_null() && policy != "Always" {
        causes.push(Cause::not_supported("spec.template.spec.restartPolicy", policy, &["Always"]));
    }
}

pub(super) fn validate_update(object: &Value, old: &Value, causes: &mut Vec<Cause>) {
    immutable(object, old, "/spec/selector", "spec.selector", "field is immutable", causes);
}
