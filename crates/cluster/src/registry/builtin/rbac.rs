//! Roles and bindings.

use serde_json::{Value, json};

use super::{default, each, each_mut};
use crate::api::status::Cause;
use crate::registry::resource::Resource;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Go writes the rules even where there are none.
pub(super) fn role_defaults(object: &mut Value) {
    if object["rules"].as_array().is_none_or(Vec::is_empty) {
        object["rules"] = Value::Null;
    }
}

pub(super) fn binding_defaults(object: &mut Value) {
    if object["roleRef"].is_object() {
        default(&mut object["roleRef"], "apiGroup", GROUP);
    }
    for subject in each_mut(object, "subjects") {
        if matches!(subject["kind"].as_str(), Some("User" | "Group")) {
            default(subject, "apiGroup", GROUP);
        }
    }
}

pub(super) fn validate_role(resource: &Resource, object: &Value, causes: &mut Vec<Cause>) {
    let empty = |value: &Value| value.as_array().is_none_or(Vec::is_empty);
    for (number, rule) in each(object, "rules").enumerate() {
        let at = |field: &str| format!("rules[{number}].{field}");
        if empty(&rule["verbs"]) {
            causes.push(Cause::required(at("verbs"), "verbs must contain at least one value"));
        }
        if !empty(&rule["nonResourceURLs"]) {
            let (urls, field) = (&rule["nonResourceURLs"], at("nonResourceURLs"));
            if resource.namespaced {
                causes.push(Cause::invalid(
                    field,
                    urls,
                    "namespaced rules cannot apply to non-resource URLs",
                ));
            } else if ["apiGroups", "resources", "resourceNames"].iter().any(|one| !empty(&rule[*one])) {
                causes.push(Cause::invalid(
                    field,
                    urls,
                    "rules cannot apply to both regular resources and non-resource URLs",
                ));
            }
            continue;
        }
        if empty(&rule["apiGroups"]) {
            causes
                .push(Cause::required(at("apiGroups"), "resource rules must supply at least one api group"));
        }
        if empty(&rule["resources"]) {
            causes.push(Cause::required(at("resources"), "resource rules must supply at least one resource"));
        }
    }
}

pub(super) fn validate_binding(resource: &Resource, object: &Value, causes: &mut Vec<Cause>) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let role = &object["roleRef"];
    if text(&role["apiGroup"]) != GROUP && role.is_object() {
        causes.push(Cause::not_supported("roleRef.apiGroup", &role["apiGroup"], &[GROUP]));
    }
    let kinds: &[&str] = if resource.namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    if !kinds.contains(&text(&role["kind"]).as_str()) {
        causes.push(Cause::not_supported("roleRef.kind", &text(&role["kind"]).into(), kinds));
    }
    if text(&role["name"]).is_empty() {
        causes.push(Cause::required("roleRef.name", ""));
    }
    for (number, subject) in each(object, "subjects").enumerate() {
        let at = |field: &str| format!("subjects[{number}].{field}");
        if text(&subject["name"]).is_empty() {
            causes.push(Cause::required(at("name"), ""));
        }
        match subject["kind"].as_str() {
            Some("ServiceAccount") => {
                if text(&subject["namespace"]).is_empty() {
                    causes.push(Cause::required(at("namespace"), ""));
                }
                if !text(&subject["apiGroup"]).is_empty() {
                    causes.push(Cause::not_supported(at("apiGroup"), &subject["apiGroup"], &[""]));
                }
            }
            Some("User" | "Group") => {
                if text(&subject["apiGroup"]) != GROUP {
                    causes.push(Cause::not_supported(at("apiGroup"), &subject["apiGroup"], &[GROUP]));
                }
            }
            _ => {
                let kinds = ["ServiceAccount", "User", "Group"];
                causes.push(Cause::not_supported(at("kind"), &text(&subject["kind"]).into(), &kinds));
            }
        }
    }
}

/// A binding leads to one role for ever.
pub(super) fn validate_binding_update(object: &Value, old: &Value, causes: &mut Vec<Cause>) {
    let (new, old) = (&object["roleRef"], &old["roleRef"]);
    if new != old {
        let shown = json!({"APIGroup": new["apiGroup"], "Kind": new["kind"], "Name": new["name"]});
        causes.push(Cause::invalid("roleRef", &shown, "cannot change roleRef"));
    }
}
