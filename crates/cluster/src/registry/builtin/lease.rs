//! Leases: numbers that must make sense.

use serde_json::Value;

use crate::api::status::Cause;

pub(super) fn validate(object: &Value, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    if spec["leaseDurationSeconds"].as_i64().is_some_and(|seconds| seconds <= 0) {
        let words = "must be greater than 0";
        causes.push(Cause::invalid("spec.leaseDurationSeconds", &spec["leaseDurationSeconds"], words));
    }
    if spec["leaseTransitions"].as_i64().is_some_and(|count| count < 0) {
        let words = "must be greater than or equal to 0";
        causes.push(Cause::invalid("spec.leaseTransitions", &spec["leaseTransitions"], words));
    }
}
