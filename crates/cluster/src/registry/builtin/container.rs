//! One container of a Pod.

use serde_json::{Value, json};

use super::{default, each, each_mut, keys};
use crate::api::status::Cause;
use knative::Quantity;

pub(super) fn apply_defaults(container: &mut Value) {
    default(container, "terminationMessagePath", "/dev/termination-log");
    default(container, "terminationMessagePolicy", "File");
    default(container, "resources", json!({}));
    if container["imagePullPolicy"].is_null() {
        let policy = if is_latest(container["image"].as_str().unwrap_or_default()) {
            "Always"
        } else {
            "IfNotPresent"
        };
        container["imagePullPolicy"] = policy.into();
    }
    for port in each_mut(container, "ports") {
        default(port, "protocol", "TCP");
    }
    for variable in each_mut(container, "env") {
        if variable["valueFrom"]["fieldRef"].is_object() {
            default(&mut variable["valueFrom"]["fieldRef"], "apiVersion", "v1");
        } else if variable["valueFrom"].is_null() {
            variable.as_object_mut().map(|map| map.remove("valueFrom"));
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if container[probe].is_object() {
            probe_defaults(&mut container[probe]);
        } else {
            container.as_object_mut().map(|map| map.remove(probe));
        }
    }
    requests_from_limits(&mut container["resources"]);
}

/// What is limited and not requested is requested up to its limit.
fn requests_from_limits(resources: &mut Value) {
    let Some(limits) = resources["limits"].as_object().cloned() else {
        if let Some(map) = resources.as_object_mut() {
            map.retain(|_, value| !value.is_null());
        }
        return;
    };
    default(resources, "requests", json!({}));
    for (name, amount) in limits {
        default(&mut resources["requests"], &name, amount);
    }
}

fn probe_defaults(probe: &mut Value) {
    for (field, seconds) in
        [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)]
    {
        default(probe, field, seconds);
    }
    if probe.get("httpGet").is_some_and(Value::is_object) {
        default(&mut probe["httpGet"], "path", "/");
        default(&mut probe["httpGet"], "scheme", "HTTP");
    }
}

/// An image without a tag, or with the tag `latest`.
fn is_latest(image: &str) -> bool {
    if image.contains('@') {
        return false;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

pub(super) fn validate(container: &Value, spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    keys::label(format!("{at}.name"), container["name"].as_str().unwrap_or_default(), causes);
    let image = container["image"].as_str().unwrap_or_default();
    if image.is_empty() {
        causes.push(Cause::required(format!("{at}.image"), ""));
    } else if image.trim() != image {
        let words = "must not have leading or trailing whitespace";
        causes.push(Cause::invalid(format!("{at}.image"), &image.into(), words));
    }
    for (n, port) in each(container, "ports").enumerate() {
        match port["containerPort"].as_i64() {
            None | Some(0) => causes.push(Cause::required(format!("{at}.ports[{n}].containerPort"), "")),
            Some(number) if !(1..=65535).contains(&number) => {
                let words = "must be between 1 and 65535, inclusive";
                causes.push(Cause::invalid(format!("{at}.ports[{n}].containerPort"), &number.into(), words));
            }
            Some(_) => {}
        }
    }
    for (n, variable) in each(container, "env").enumerate() {
        if variable["name"].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(format!("{at}.env[{n}].name"), ""));
        }
    }
    for (n, mount) in each(container, "volumeMounts").enumerate() {
        let field = format!("{at}.volumeMounts[{n}]");
        let name = &mount["name"];
        if name.as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(format!("{field}.name"), ""));
        } else if !each(spec, "volumes").any(|volume| volume["name"] == *name) {
            causes.push(Cause::not_found(format!("{field}.name"), name));
        }
        if mount["mountPath"].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(format!("{field}.mountPath"), ""));
        }
    }
    validate_choices(container, at, causes);
    validate_amounts(&container["resources"], &format!("{at}.resources"), causes);
}

fn validate_choices(container: &Value, at: &str, causes: &mut Vec<Cause>) {
    let choices: [(&str, &[&str]); 2] = [
        ("imagePullPolicy", &["Always", "IfNotPresent", "Never"]),
        ("terminationMessagePolicy", &["FallbackToLogsOnError", "File"]),
    ];
    for (field, choices) in choices {
        if let Some(given) = container[field].as_str()
            && !choices.contains(&given)
        {
            causes.push(Cause::not_supported(format!("{at}.{field}"), &given.into(), choices));
        }
    }
}

fn validate_amounts(resources: &Value, at: &str, causes: &mut Vec<Cause>) {
    let amount = |field: &str, name: &str| resources[field].get(name)?.as_str().and_then(Quantity::parse);
    for field in ["limits", "requests"] {
        for (name, value) in resources[field].as_object().into_iter().flatten() {
            if amount(field, name).is_some_and(|amount| amount.is_negative()) {
                let words = "must be greater than or equal to 0";
                causes.push(Cause::invalid(format!("{at}.{field}[{name}]"), value, words));
            }
        }
    }
    for (name, value) in resources["requests"].as_object().into_iter().flatten() {
        if let (Some(request), Some(limit)) = (amount("requests", name), amount("limits", name))
            && request > limit
        {
            let words = format!("must be less than or equal to {name} limit of {limit}");
            causes.push(Cause::invalid(format!("{at}.requests"), value, &words));
        }
    }
}
