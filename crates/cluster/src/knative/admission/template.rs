//! `spec.template`: names, limits, containers.

use rand::Rng;
use regex::Regex;
use serde_json::Value;

use super::{
    error::{Errors, out_of_bounds, refuse, refuse_all},
    scale,
};

const CONCURRENCY_LIMIT: i64 = 1000;
const TIMEOUT_LIMIT: i64 = 600;
/// Ports that Knative's own sidecar takes.
const RESERVED_PORTS: [i64; 7] = [8008, 8012, 8013, 8022, 8112, 9090, 9091];
const RESERVED_VARIABLES: [&str; 4] = ["PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"];
/// Pod fields that a Service may not have (unless features are turned on, which are not here).
const FORBIDDEN: [&str; 13] = [
    "affinity",
    "dnsConfig",
    "dnsPolicy",
    "hostAliases",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "nodeSelector",
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "shareProcessNamespace",
    "tolerations",
];

/// The name of a Service becomes a host name.
pub(super) fn name(errors: &mut Errors, name: &str) {
    let wrong = dns_label_errors(name);
    if !wrong.is_empty() {
        refuse(errors, format!("not a DNS 1035 label: [{}]", wrong.join(" ")), "metadata.name");
    }
}

/// What is wrong with a DNS label (RFC 1035), in Kubernetes' words.
pub(super) fn dns_label_errors(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 63 {
        wrong.push("must be no more than 63 characters".to_owned());
    }
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let sound = text.bytes().all(inner)
        && text.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && text.bytes().last().is_some_and(|b| b != b'-');
    if !sound {
        wrong.push(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic \
             character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for \
             validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
                .to_owned(),
        );
    }
    wrong
}

/// Checks `spec.template` of a Service or Configuration.
pub(super) fn check(errors: &mut Errors, owner: &str, template: &Value) {
    let metadata = &template["metadata"];
    if let Some(name) = metadata["name"].as_str().filter(|name| !name.is_empty())
        && !name.starts_with(&format!("{owner}-"))
    {
        let message = format!("invalid value: \"{name}\" must have prefix \"{owner}-\"");
        refuse(errors, message, "spec.template.metadata.name");
    }
    scale::check(errors, &metadata["annotations"], "spec.template.metadata.annotations");
    spec(errors, &template["spec"], "spec.template.spec");
}

/// Checks the spec of a Revision.
pub(super) fn revision(errors: &mut Errors, revision: &Value) {
    spec(errors, revision, "spec");
}

fn spec(errors: &mut Errors, spec: &Value, at: &str) {
    for (field, limit) in [("containerConcurrency", CONCURRENCY_LIMIT), ("timeoutSeconds", TIMEOUT_LIMIT)] {
        if let Some(value) = spec[field].as_i64().filter(|value| !(0..=limit).contains(value)) {
            out_of_bounds(errors, value, 0, limit, format!("{at}.{field}"));
        }
    }
    let forbidden = FORBIDDEN.iter().filter(|field| is_set(&spec[**field]));
    let forbidden: Vec<_> = forbidden.map(|field| format!("{at}.{field}")).collect();
    if !forbidden.is_empty() {
        refuse_all(errors, "must not set the field(s)", forbidden, "");
    }
    let containers = spec["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
    if containers.is_empty() {
        refuse(errors, "missing field(s)", format!("{at}.containers"));
    }
    let ports: usize = containers.iter().filter_map(|c| c["ports"].as_array()).map(Vec::len).sum();
    if ports > 1 {
        refuse_all(
            errors,
            "more than one container port is set",
            [format!("{at}.containers[*].ports")],
            "Only a single port is allowed across all containers",
        );
    }
    for (index, one) in containers.iter().enumerate() {
        container(errors, one, &format!("{at}.containers[{index}]"), ports <= 1);
    }
}

fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => true,
    }
}

fn container(errors: &mut Errors, container: &Value, at: &str, single_port: bool) {
    let image = container["image"].as_str().unwrap_or_default();
    if image.is_empty() {
        refuse(errors, "missing field(s)", format!("{at}.image"));
    } else if !is_image(image) {
        let details = format!("image: \"{image}\", error: could not parse reference: {image}");
        refuse_all(errors, "Failed to parse image reference", [format!("{at}.image")], &details);
    }
    if single_port {
        for port in container["ports"].as_array().into_iter().flatten() {
            check_port(errors, port, at);
        }
    }
    for (index, variable) in container["env"].as_array().into_iter().flatten().enumerate() {
        if let Some(name) = variable["name"].as_str().filter(|name| RESERVED_VARIABLES.contains(name)) {
            let message = format!("\"{name}\" is a reserved environment variable");
            refuse(errors, message, format!("{at}.env[{index}].name"));
        }
    }
    if is_set(&container["securityContext"]["privileged"]) {
        refuse(errors, "must not set the field(s)", format!("{at}.securityContext.privileged"));
    }
}

fn check_port(errors: &mut Errors, port: &Value, at: &str) {
    let number = port["containerPort"].as_i64().unwrap_or(0);
    if RESERVED_PORTS.contains(&number) {
        let details = format!("{number} is a reserved port, please use a different value");
        let path = format!("{at}.ports.containerPort");
        refuse_all(errors, format!("invalid value: {number} is a reserved port"), [path], &details);
    } else if !(0..=65535).contains(&number) {
        out_of_bounds(errors, number, 0, 65535, format!("{at}.ports.containerPort"));
    }
    let name = port["name"].as_str().unwrap_or_default();
    if !["", "h2c", "http1"].contains(&name) {
        let details = "Name must be empty, or one of: 'h2c', 'http1'";
        refuse_all(errors, format!("Port name {name} is not allowed"), [format!("{at}.ports")], details);
    }
}

/// Fields of a security context that are not set; Knative warns of them.
pub(super) fn insecure(spec: &Value, at: &str) -> Vec<String> {
    const FIELDS: [&str; 4] = ["allowPrivilegeEscalation", "capabilities", "runAsNonRoot", "seccompProfile"];
    let containers = spec["containers"].as_array().into_iter().flatten().enumerate();
    let missing = |(index, container): (usize, &Value)| {
        let context = &container["securityContext"];
        let missing = FIELDS.iter().filter(|field| context.get(**field).is_none());
        missing.map(|field| format!("{at}.containers[{index}].securityContext.{field}")).collect::<Vec<_>>()
    };
    containers.flat_map(missing).collect()
}

/// Whether the text is an image reference: `[host[:port]/]path[:tag][@sha256:…]`.
fn is_image(text: &str) -> bool {
    static PATTERN: std::sync::LazyLock<Option<Regex>> = std::sync::LazyLock::new(|| {
        let pattern = r"^([A-Za-z0-9.\-]+(:\d+)?/)?[a-z0-9]+([._\-/]+[a-z0-9]+)*(:[\w][\w.\-]{0,127})?(@sha256:[0-9a-f]{64})?$";
        Regex::new(pattern).ok()
    });
    PATTERN.as_ref().is_none_or(|pattern| pattern.is_match(text))
}

/// Knative lets Kubernetes check the Pod by a dry run; here only what that refuses for amounts.
pub(super) fn dry_run(spec: &Value) -> Option<String> {
    for (at, container) in spec["containers"].as_array().into_iter().flatten().enumerate() {
        for side in ["limits", "requests"] {
            for (resource, amount) in container["resources"][side].as_object().into_iter().flatten() {
                let amount = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
                if amount.starts_with('-') {
                    let suffix = rand::rng().random_range(10_000..100_000);
                    return Some(format!(
                        "dry run failed with Pod \"dry-run-validation{suffix}\" is invalid: spec.containers[{at}].resources.\
                         {side}[{resource}]: Invalid value: \"{amount}\": must be greater than or equal to 0"
                    ));
                }
            }
        }
    }
    None
}
