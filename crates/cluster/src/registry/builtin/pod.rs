//! Pods: defaults, the first status, and what may change.

use serde_json::{Value, json};

use super::{default, pod_spec};
use crate::api::status::Cause;
use knative::Quantity;

pub(super) fn apply_defaults(object: &mut Value) {
    pod_spec::apply_defaults(&mut object["spec"]);
    default(&mut object["spec"], "enableServiceLinks", true);
}

pub(super) fn prepare_create(object: &mut Value) {
    object["status"] = json!({"phase": "Pending", "qosClass": quality(&object["spec"])});
}

/// The class of service stays what it was.
pub(super) fn prepare_update(object: &mut Value, old: &Value) {
    if let (Some(class), true) = (old["status"].get("qosClass"), object["status"].is_object()) {
        object["status"]["qosClass"] = class.clone();
    }
}

pub(super) fn validate(object: &Value, causes: &mut Vec<Cause>) {
    pod_spec::validate(&object["spec"], "spec", causes);
}

/// Of a spec only images, tolerations that are added, and the deadline change.
pub(super) fn validate_update(object: &Value, old: &Value, causes: &mut Vec<Cause>) {
    let fixed = |pod: &Value| {
        let mut spec = pod["spec"].clone();
        for list in ["containers", "initContainers"] {
            for container in super::each_mut(&mut spec, list) {
                container.as_object_mut().map(|map| map.remove("image"));
            }
        }
        if let Some(map) = spec.as_object_mut() {
            // The node is set once, by binding.
            for field in
                ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates"]
            {
                map.remove(field);
            }
            if old["spec"]["nodeName"].is_null() {
                map.remove("nodeName");
            }
        }
        spec
    };
    if fixed(object) != fixed(old) {
        const WORDS: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
                             `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
                             `spec.tolerations` (only additions to existing tolerations),\
                             `spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously \
                             negative)";
        causes.push(Cause::forbidden("spec", WORDS));
    }
}

/// `Guaranteed` where requests are the limits of cpu and memory everywhere, `BestEffort` where there are none.
fn quality(spec: &Value) -> &'static str {
    let (mut any, mut guaranteed) = (false, true);
    for container in super::each(spec, "containers").chain(super::each(spec, "initContainers")) {
        let amount = |field: &str, name: &str| {
            let text = container["resources"][field][name].as_str();
            text.and_then(Quantity::parse).filter(|amount| amount.nano() != 0)
        };
        for name in ["cpu", "memory"] {
            let (request, limit) = (amount("requests", name), amount("limits", name));
            any |= request.is_some() || limit.is_some();
            guaranteed &= limit.is_some() && (request.is_none() || request == limit);
        }
    }
    match (any, guaranteed) {
        (false, _) => "BestEffort",
        (true, true) => "Guaranteed",
        (true, false) => "Burstable",
    }
}
