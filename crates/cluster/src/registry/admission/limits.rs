//! LimitRanges: what a container gets that asks for nothing, and what a Pod must not exceed.

use serde_json::{Map, Value, json};

use super::Attributes;
use crate::api::status::{ApiError, ApiResult};
use knative::Quantity;

/// The limits of the namespace, those of each LimitRange in turn.
fn limits(attributes: &Attributes<'_>) -> Vec<Value> {
    let resources = attributes.registry.resources();
    let Some(ranges) = resources.find("", "v1", "limitranges") else { return Vec::new() };
    let ranges = attributes.registry.all(ranges, Some(attributes.namespace));
    let lists = ranges.iter().filter_map(|range| range.object().at("/spec/limits")?.as_array().cloned());
    lists.flatten().collect()
}

/// Fills in requests and limits, and notes it in an annotation.
pub(super) fn apply_defaults(attributes: &Attributes<'_>, pod: &mut Value) {
    let (mut requests, mut most) = (Map::new(), Map::new());
    for limit in limits(attributes).iter().filter(|limit| limit["type"] == "Container") {
        for (from, to) in [("defaultRequest", &mut requests), ("default", &mut most)] {
            for (name, amount) in limit[from].as_object().into_iter().flatten() {
                to.entry(name.clone()).or_insert_with(|| amount.clone());
            }
        }
    }
    let mut notes = Vec::new();
    for (list, noun) in [("containers", "container"), ("initContainers", "init container")] {
        for container in pod["spec"].get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            let name = container["name"].as_str().unwrap_or_default().to_owned();
            for (field, word, defaults) in [("requests", "request", &requests), ("limits", "limit", &most)] {
                let set = fill(&mut container["resources"], field, defaults);
                if !set.is_empty() {
                    notes.push(format!("{} {word} for {noun} {name}", set.join(", ")));
                }
            }
        }
    }
    if !notes.is_empty() {
        let note = format!("LimitRanger plugin set: {}", notes.join("; "));
        pod["metadata"]["annotations"]["kubernetes.io/limit-ranger"] = note.into();
    }
}

/// The names of what was set.
fn fill(resources: &mut Value, field: &str, defaults: &Map<String, Value>) -> Vec<String> {
    let missing: Vec<(&String, &Value)> =
        defaults.iter().filter(|(name, _)| resources[field].get(name.as_str()).is_none()).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    if !resources[field].is_object() {
        resources[field] = json!({});
    }
    for (name, amount) in &missing {
        resources[field][name.as_str()] = (*amount).clone();
    }
    missing.into_iter().map(|(name, _)| name.clone()).collect()
}

/// 403 for what is too little, too much, or too far apart.
pub(super) fn check(attributes: &Attributes<'_>, pod: &Value) -> ApiResult<()> {
    let mut errors = Vec::new();
    for limit in limits(attributes) {
        match limit["type"].as_str().unwrap_or_default() {
            "Container" => {
                for list in ["containers", "initContainers"] {
                    for container in pod["spec"][list].as_array().into_iter().flatten() {
                        violations(&limit, "Container", &container["resources"], &mut errors);
                    }
                }
            }
            "Pod" => violations(&limit, "Pod", &total(&pod["spec"]), &mut errors),
            _ => {}
        }
    }
    match errors.as_slice() {
        [] => Ok(()),
        [only] => Err(ApiError::forbidden(attributes.resource, attributes.name, only)),
        several => {
            let why = format!("[{}]", several.join(", "));
            Err(ApiError::forbidden(attributes.resource, attributes.name, &why))
        }
    }
}

fn amount(resources: &Value, field: &str, name: &str) -> Option<Quantity> {
    resources[field].get(name)?.as_str().and_then(Quantity::parse)
}

/// Requests and limits of all containers together, or of the largest init container where that is more.
fn total(spec: &Value) -> Value {
    let mut total = json!({"requests": {}, "limits": {}});
    for field in ["requests", "limits"] {
        for (list, adds) in [("containers", true), ("initContainers", false)] {
            for container in spec[list].as_array().into_iter().flatten() {
                for name in container["resources"][field].as_object().into_iter().flat_map(Map::keys) {
                    let own = amount(&container["resources"], field, name).unwrap_or(Quantity::ZERO);
                    let sum = amount(&total, field, name);
                    let new = match sum {
                        Some(sum) if adds => sum.plus(&own),
                        Some(sum) => sum.max(own),
                        None => own,
                    };
                    total[field][name] = new.to_string().into();
                }
            }
        }
    }
    total
}

fn violations(limit: &Value, kind: &str, resources: &Value, errors: &mut Vec<String>) {
    let each = |field: &str| limit[field].as_object().cloned().unwrap_or_default();
    let of = |name: &str| (amount(resources, "requests", name), amount(resources, "limits", name));
    let parse = |value: &Value| value.as_str().and_then(Quantity::parse);
    for (name, least) in each("min") {
        let Some(least) = parse(&least) else { continue };
        let start = format!("minimum {name} usage per {kind} is {least}");
        errors.extend(match of(&name) {
            (None, _) => Some(format!("{start}.  No request is specified")),
            (Some(request), _) if request < least => Some(format!("{start}, but request is {request}")),
            (_, Some(most)) if most < least => Some(format!("{start}, but limit is {most}")),
            _ => None,
        });
    }
    for (name, most) in each("max") {
        let Some(most) = parse(&most) else { continue };
        let start = format!("maximum {name} usage per {kind} is {most}");
        errors.extend(match of(&name) {
            (_, None) => Some(format!("{start}.  No limit is specified")),
            (_, Some(limit)) if limit > most => Some(format!("{start}, but limit is {limit}")),
            (Some(request), _) if request > most => Some(format!("{start}, but request is {request}")),
            _ => None,
        });
    }
    for (name, ratio) in each("maxLimitRequestRatio") {
        let Some(ratio) = parse(&ratio) else { continue };
        let start = format!("{name} max limit to request ratio per {kind} is {ratio}");
        let positive = |amount: Option<Quantity>| amount.filter(|amount| amount.nano() > 0);
        let (request, most) = of(&name);
        errors.extend(match (positive(request), positive(most)) {
            (None, _) => Some(format!("{start}, but no request is specified or request is 0")),
            (_, None) => Some(format!("{start}, but no limit is specified or limit is 0")),
            (Some(request), Some(most)) => {
                let actual = most.nano() as f64 / request.nano() as f64;
                let above = actual * 1e9 > ratio.nano() as f64;
                above.then(|| format!("{start}, but provided ratio is {actual:.6}"))
            }
        });
    }
}
