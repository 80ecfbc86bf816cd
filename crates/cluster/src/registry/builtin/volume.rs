//! Volumes of a Pod.

use serde_json::{Value, json};

use super::{default, each, each_mut, keys};
use crate::api::status::Cause;

const READABLE: i64 = 0o644;

pub(super) fn apply_defaults(volume: &mut Value) {
    let named = volume.as_object().is_some_and(|map| map.keys().any(|name| name != "name"));
    if !named {
        volume["emptyDir"] = json!({});
    }
    for source in ["secret", "configMap", "downwardAPI", "projected"] {
        if volume.get(source).is_some_and(Value::is_object) {
            default(&mut volume[source], "defaultMode", READABLE);
        }
    }
    if let Some(path) = volume.get_mut("hostPath").filter(|path| path.is_object()) {
        default(path, "type", "");
    }
    if let Some(projected) = volume.get_mut("projected") {
        for source in each_mut(projected, "sources") {
            if let Some(token) = source.get_mut("serviceAccountToken").filter(|token| token.is_object()) {
                default(token, "expirationSeconds", 3600);
            }
        }
    }
}

pub(super) fn validate(spec: &Value, at: &str, causes: &mut Vec<Cause>) {
    let mut names = Vec::new();
    for (n, volume) in each(spec, "volumes").enumerate() {
        let field = format!("{at}.volumes[{n}].name");
        keys::label(field.clone(), volume["name"].as_str().unwrap_or_default(), causes);
        if names.contains(&&volume["name"]) {
            causes.push(Cause::duplicate(field, &volume["name"]));
        }
        names.push(&volume["name"]);
    }
}
