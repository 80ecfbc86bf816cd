//! ResourceQuotas: amounts that are not negative.

use serde_json::Value;

use crate::api::status::Cause;
use knative::Quantity;

pub(super) fn validate(object: &Value, causes: &mut Vec<Cause>) {
    for (name, amount) in object["spec"]["hard"].as_object().into_iter().flatten() {
        let quantity = amount.as_str().and_then(Quantity::parse);
        if quantity.is_some_and(|quantity| quantity.is_negative()) {
            let words = "must be greater than or equal to 0";
            causes.push(Cause::invalid(format!("spec.hard[{name}]"), amount, words));
        }
    }
}
