//! Defaults and the first status of a definition.

use serde_json::{Value, json};

pub fn apply_defaults(object: &mut Value) {
    let names = &mut object["spec"]["names"];
    let kind = names["kind"].as_str().unwrap_or_default().to_owned();
    for (field, value) in [("singular", kind.to_lowercase()), ("listKind", format!("{kind}List"))] {
        if names[field].as_str().unwrap_or_default().is_empty() {
            names[field] = value.into();
        }
    }
    if object["spec"]["conversion"].is_null() {
        object["spec"]["conversion"] = json!({"strategy": "None"});
    }
}

pub fn prepare_create(object: &mut Value) {
    let stored: Vec<&Value> =
        versions(object).filter(|one| one["storage"] == true).map(|one| &one["name"]).collect();
    let stored = if stored.is_empty() { Value::Null } else { json!(stored) };
    object["status"] =
        json!({"conditions": null, "acceptedNames": {"plural": "", "kind": ""}, "storedVersions": stored});
}

pub(super) fn versions(object: &Value) -> impl Iterator<Item = &Value> {
    object["spec"]["versions"].as_array().into_iter().flatten()
}
