//! Jobs: defaults, the generated selector, and what may not change.

use serde_json::{Map, Value, json};

use super::{default, immutable, pod_spec, selector};
use crate::api::status::Cause;

const CONTROLLER: &str = "batch.kubernetes.io/controller-uid";
const NAME: &str = "batch.kubernetes.io/job-name";
/// The names that these labels had before they got a domain.
const OLD_CONTROLLER: &str = "controller-uid";
const OLD_NAME: &str = "job-name";

pub(super) fn apply_defaults(object: &mut Value) {
    let spec = &mut object["spec"];
    if spec["completions"].is_null() && spec["parallelism"].is_null() {
        spec["completions"] = 1.into();
    }
    default(spec, "parallelism", 1);
    let unlimited = spec["backoffLimitPerIndex"].is_number();
    default(spec, "backoffLimit", if unlimited { i64::from(i32::MAX) } else { 6 });
    default(spec, "completionMode", "NonIndexed");
    default(spec, "suspend", false);
    default(spec, "manualSelector", false);
    let policy = if spec["podFailurePolicy"].is_null() { "TerminatingOrFailed" } else { "Failed" };
    default(spec, "podReplacementPolicy", policy);
    pod_spec::apply_template_defaults(&mut spec["template"]);
}

/// Selector and labels by which a Job finds its Pods.
pub(super) fn prepare_create(object: &mut Value) {
    object["status"] = json!({});
    if object["spec"]["manualSelector"] == true {
        return;
    }
    let (name, uid) = (object["metadata"]["name"].clone(), object["metadata"]["uid"].clone());
    let labels = &mut object["spec"]["template"]["metadata"]["labels"];
    for (key, value) in [(CONTROLLER, &uid), (NAME, &name), (OLD_CONTROLLER, &uid), (OLD_NAME, &name)] {
        labels[key] = value.clone();
    }
    object["spec"]["selector"]["matchLabels"][CONTROLLER] = uid;
}

/// A Job without labels has those of its template. They come after validation, which names the template's only.
pub(super) fn complete_create(object: &mut Value) {
    if object["metadata"]["labels"].as_object().is_none_or(Map::is_empty) {
        object["metadata"]["labels"] = object["spec"]["template"]["metadata"]["labels"].clone();
    }
}

pub(super) fn validate(object: &Value, causes: &mut Vec<Cause>) {
    const MODES: [&str; 2] = ["NonIndexed", "Indexed"];
    let spec = &object["spec"];
    for field in
        ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"]
    {
        if spec[field].as_i64().is_some_and(|number| number < 0) {
            let words = "must be greater than or equal to 0";
            causes.push(Cause::invalid(format!("spec.{field}"), &spec[field], words));
        }
    }
    if !MODES.contains(&spec["completionMode"].as_str().unwrap_or_default()) {
        causes.push(Cause::not_supported("spec.completionMode", &spec["completionMode"], &MODES));
    }
    if spec["completionMode"] == "Indexed" && spec["completions"].is_null() {
        causes.push(Cause::required("spec.completions", "when completion mode is Indexed"));
    }
    validate_selector(object, causes);
    validate_labels(&spec["template"]["metadata"]["labels"], causes);
    let template = &spec["template"]["spec"];
    pod_spec::validate(template, "spec.template.spec", causes);
    if !matches!(template["restartPolicy"].as_str(), Some("OnFailure" | "Never")) {
        let words = "valid values: \"OnFailure\", \"Never\"";
        causes.push(Cause::required("spec.template.spec.restartPolicy", words));
    }
}

fn validate_selector(object: &Value, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    let (given, labels) = (&spec["selector"], &spec["template"]["metadata"]["labels"]);
    if spec["manualSelector"] != true {
        let expected = json!({"matchLabels": {CONTROLLER: object["metadata"]["uid"]}});
        let older = json!({"matchLabels": {OLD_CONTROLLER: object["metadata"]["uid"]}});
        if *given != expected && *given != older {
            causes.push(Cause::invalid("spec.selector", given, "`selector` not auto-generated"));
        }
    } else if !given.is_object() {
        causes.push(Cause::required("spec.selector", ""));
    }
    if given.is_object() && !selector::matches(given, labels) {
        let words = "`selector` does not match template `labels`";
        causes.push(Cause::invalid("spec.template.metadata.labels", labels, words));
    }
}

/// The Job's name is a label of its Pods.
fn validate_labels(labels: &Value, causes: &mut Vec<Cause>) {
    for value in labels.as_object().into_iter().flat_map(Map::values) {
        for words in crate::registry::metadata::names::label_value_errors(value.as_str().unwrap_or_default())
        {
            causes.push(Cause::invalid("spec.template.labels", value, &words));
        }
    }
}

pub(super) fn validate_update(object: &Value, old: &Value, causes: &mut Vec<Cause>) {
    let (new_spec, old_spec) = (&object["spec"], &old["spec"]);
    if new_spec["completions"] != old_spec["completions"] {
        let indexed = old_spec["completionMode"] == "Indexed";
        let words = match indexed {
            true if new_spec["completions"] == new_spec["parallelism"] => None,
            true => Some("can only be modified in tandem with spec.parallelism"),
            false => Some("field is immutable"),
        };
        causes.extend(words.map(|words| Cause::invalid("spec.completions", &new_spec["completions"], words)));
    }
    for field in ["selector", "completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy"] {
        let pointer = format!("/spec/{field}");
        immutable(object, old, &pointer, &format!("spec.{field}"), "field is immutable", causes);
    }
    // Where the Pods run may change as long as none was started.
    let waits = old_spec["suspend"] == true && old["status"]["startTime"].is_null();
    let fixed = |spec: &Value| {
        let mut template = spec["template"].clone();
        if waits {
            for field in ["nodeSelector", "affinity", "tolerations", "schedulingGates", "containers"] {
                template["spec"].as_object_mut().map(|map| map.remove(field));
            }
            template.as_object_mut().map(|map| map.remove("metadata"));
        }
        template
    };
    if fixed(new_spec) != fixed(old_spec) {
        causes.push(Cause::invalid("spec.template", &new_spec["template"], "field is immutable"));
    }
}
