//! The spec of a Pod, of its own or in a template.

use serde_json::{Value, json};

use super::{container, default, each, each_mut, volume};
use crate::api::status::Cause;

pub(super) fn apply_template_defaults(template: &mut Value) {
    default(template, "metadata", json!({}));
    default(template, "spec", json!({}));
    apply_defaults(&mut template["spec"]);
}

pub(super) fn apply_defaults(spec: &mut Value) {
    default(spec, "restartPolicy", "Always");
    default(spec, "dnsPolicy", "ClusterFirst");
    default(spec, "securityContext", json!({}));
    default(spec, "terminationGracePeriodSeconds", 30);
    default(spec, "schedulerName", "default-scheduler");
    for list in ["initContainers", "containers"] {
        each_mut(spec, list).for_each(container::apply_defaults);
    }
    each_mut(spec, "volumes").for_each(volume::apply_defaults);
    // Both names of the field are kept the same.
    for (from, to) in [("serviceAccountName", "serviceAccount"), ("serviceAccount", "serviceAccountName")] {
        if spec[to].is_null() && spec[from].is_string() {
            spec[to] = spec[from].clone();
        }
    }
}

pub(super) fn validate(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    const POLICIES: [&str; 3] = ["Always", "OnFailure", "Never"];
    const DNS: [&str; 4] = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
    volume::validate(spec, at, causes);
    if each(spec, "containers").next().is_none() {
        causes.push(Cause::required(format!("{at}.containers"), ""));
    }
    let mut names = Vec::new();
    for list in ["containers", "initContainers"] {
        for (n, one) in each(spec, list).enumerate() {
            let field = format!("{at}.{list}[{n}]");
            container::validate(one, spec, &field, causes);
            if names.contains(&&one["name"]) {
                causes.push(Cause::duplicate(format!("{field}.name"), &one["name"]));
            }
            names.push(&one["name"]);
        }
    }
    if !POLICIES.contains(&spec["restartPolicy"].as_str().unwrap_or("Always")) {
        causes.push(Cause::not_supported(format!("{at}.restartPolicy"), &spec["restartPolicy"], &POLICIES));
    }
    if !DNS.contains(&spec["dnsPolicy"].as_str().unwrap_or("ClusterFirst")) {
        causes.push(Cause::not_supported(format!("{at}.dnsPolicy"), &spec["dnsPolicy"], &DNS));
    }
    let deadline = &spec["activeDeadlineSeconds"];
    if deadline.as_i64().is_some_and(|seconds| !(1..=i64::from(i32::MAX)).contains(&seconds)) {
        let words = "must be between 1 and 2147483647, inclusive";
        causes.push(Cause::invalid(format!("{at}.activeDeadlineSeconds"), deadline, words));
    }
}
