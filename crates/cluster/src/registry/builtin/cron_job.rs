//! CronJobs: defaults and the essentials. No controller runs them here.

use serde_json::Value;

use super::{default, pod_spec};
use crate::api::status::Cause;

pub(super) fn apply_defaults(object: &mut Value) {
    let spec = &mut object["spec"];
    default(spec, "concurrencyPolicy", "Allow");
    default(spec, "suspend", false);
    default(spec, "successfulJobsHistoryLimit", 3);
    default(spec, "failedJobsHistoryLimit", 1);
    pod_spec::apply_template_defaults(&mut spec["jobTemplate"]["spec"]["template"]);
}

pub(super) fn validate(object: &Value, causes: &mut Vec<Cause>) {
    const POLICIES: [&str; 3] = ["Allow", "Forbid", "Replace"];
    let spec = &object["spec"];
    if spec["schedule"].as_str().unwrap_or_default().is_empty() {
        causes.push(Cause::required("spec.schedule", ""));
    }
    if !POLICIES.contains(&spec["concurrencyPolicy"].as_str().unwrap_or_default()) {
        causes.push(Cause::not_supported("spec.concurrencyPolicy", &spec["concurrencyPolicy"], &POLICIES));
    }
    let template = &spec["jobTemplate"]["spec"]["template"]["spec"];
    pod_spec::validate(template, "spec.jobTemplate.spec.template.spec", causes);
}
