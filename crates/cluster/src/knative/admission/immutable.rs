//! What cannot be changed.

use knative::serving::annotation;
use serde_json::Value;

use super::error::{Errors, refuse, refuse_all};

/// Compares an object with what it was.
pub(super) fn check(errors: &mut Errors, plural: &str, object: &Value, old: &Value) {
    let creator = |object: &Value| object["metadata"]["annotations"][annotation::CREATOR].clone();
    if creator(old).is_string() && creator(object) != creator(old) {
        let path = format!("metadata.annotations.{}", annotation::CREATOR);
        refuse(errors, "annotation value is immutable", path);
    }
    if plural == "revisions" {
        let changes = compare_specs("*{v1.RevisionSpec}", &old["spec"], &object["spec"]);
        if !changes.is_empty() {
            refuse_all(errors, "Immutable fields changed (-old +new)", ["spec".to_owned()], &changes);
        }
        return;
    }
    let (before, now) = (&old["spec"]["template"], &object["spec"]["template"]);
    let name = now["metadata"]["name"].as_str().unwrap_or_default();
    if !name.is_empty() && before["metadata"]["name"] == now["metadata"]["name"] && before != now {
        let mut changes = String::new();
        for (field, shown) in [("annotations", "Annotations"), ("labels", "Labels")] {
            let (before, now) = (&before["metadata"][field], &now["metadata"][field]);
            let all = |v: &Value| v.as_object().cloned().unwrap_or_default();
            let mut keys: Vec<String> = all(before).into_iter().chain(all(now)).map(|(key, _)| key).collect();
            keys.sort();
            keys.dedup();
            for key in keys.into_iter().filter(|key| before[key] != now[key]) {
                let at = format!("{{*v1.RevisionTemplateSpec}}.ObjectMeta.{shown}[\"{key}\"]");
                changes.push_str(&change(&at, &before[&key], &now[&key]));
            }
        }
        changes.push_str(&compare_specs("{*v1.RevisionTemplateSpec}.Spec", &before["spec"], &now["spec"]));
        let path = "spec.template.metadata.name".to_owned();
        refuse_all(errors, "Saw the following changes without a name change (-old +new)", [path], &changes);
    }
}

/// One entry per top-level field that differs, named as in Go.
fn compare_specs(at: &str, before: &Value, now: &Value) -> String {
    let all = |v: &Value| v.as_object().cloned().unwrap_or_default();
    let mut keys: Vec<String> = all(before).into_iter().chain(all(now)).map(|(key, _)| key).collect();
    keys.sort();
    keys.dedup();
    let own = ["containerConcurrency", "timeoutSeconds", "responseStartTimeoutSeconds", "idleTimeoutSeconds"];
    keys.into_iter()
        .filter(|key| before[key] != now[key])
        .map(|key| {
            let mut name = key.clone();
            name[..1].make_ascii_uppercase();
            let inner = if own.contains(&key.as_str()) { "" } else { ".PodSpec" };
            change(&format!("{at}{inner}.{name}"), &before[&key], &now[&key])
        })
        .collect()
}

fn change(at: &str, before: &Value, now: &Value) -> String {
    let line = |sign: char, value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => format!("\t{sign}: \"{text}\"\n"),
        other => format!("\t{sign}: \"{other}\"\n"),
    };
    format!("{at}:\n{}{}", line('-', before), line('+', now))
}
