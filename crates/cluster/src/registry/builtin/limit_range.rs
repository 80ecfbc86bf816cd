//! LimitRanges: the defaults that follow from one another, and amounts that contradict.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{each, each_mut};
use crate::api::status::Cause;
use knative::Quantity;

/// A maximum is the default, a default the default request, a minimum too where nothing else is.
pub(super) fn apply_defaults(object: &mut Value) {
    for limit in each_mut(&mut object["spec"], "limits").filter(|limit| limit["type"] == "Container") {
        for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")] {
            let Some(source) = limit[from].as_object().cloned() else { continue };
            if !limit[to].is_object() {
                limit[to] = Value::Object(Map::new());
            }
            if let Some(target) = limit[to].as_object_mut() {
                for (name, amount) in source {
                    target.entry(name).or_insert(amount);
                }
            }
        }
    }
}

pub(super) fn validate(object: &Value, causes: &mut Vec<Cause>) {
    for (at, limit) in each(&object["spec"], "limits").enumerate() {
        let fields = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"];
        let names: BTreeSet<&String> =
            fields.iter().filter_map(|field| limit[field].as_object()).flat_map(Map::keys).collect();
        for name in names {
            contradictions(limit, at, name, causes);
        }
    }
}

fn contradictions(limit: &Value, at: usize, name: &str, causes: &mut Vec<Cause>) {
    let amount = |field: &str| {
        let quantity = limit[field].get(name)?.as_str().and_then(Quantity::parse)?;
        Some((quantity, quantity.to_string()))
    };
    let mut check = |field: &str, small: &str, big: &str, words: [&str; 2], shown: &str| {
        let (Some((low, low_text)), Some((high, high_text))) = (amount(small), amount(big)) else { return };
        if low > high {
            let value = if shown == "small" { &low_text } else { &high_text };
            let detail =
                format!("{} value {low_text} is greater than {} value {high_text}", words[0], words[1]);
            let field = format!("spec.limits[{at}].{field}[{name}]");
            causes.push(Cause::invalid(field, &value.as_str().into(), &detail));
        }
    };
    check("min", "min", "max", ["min", "max"], "small");
    check("defaultRequest", "min", "defaultRequest", ["min", "default request"], "big");
    check("defaultRequest", "defaultRequest", "max", ["default request", "max"], "small");
    check("defaultRequest", "defaultRequest", "default", ["default request", "default limit"], "small");
    check("default", "min", "default", ["min", "default"], "small");
    check("default", "default", "max", ["default", "max"], "small");
}
