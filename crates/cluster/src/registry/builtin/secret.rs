//! Secrets: `stringData`, types and what they require, immutability.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{config_map, default, immutable, keys};
use crate::api::status::Cause;

const LIMIT: usize = 1024 * 1024;

pub(super) fn apply_defaults(object: &mut Value) {
    default(object, "type", "Opaque");
    let Some(Value::Object(texts)) = object.as_object_mut().and_then(|map| map.remove("stringData")) else {
        return;
    };
    for (key, text) in texts {
        let encoded = STANDARD.encode(text.as_str().unwrap_or_default());
        if !object["data"].is_object() {
            object["data"] = json!({});
        }
        object["data"][&key] = encoded.into();
    }
}

pub(super) fn validate(object: &Value, causes: &mut Vec<Cause>) {
    let data = object["data"].as_object();
    let mut total = 0;
    for (key, value) in data.into_iter().flatten() {
        keys::config_key(key, causes);
        total += value.as_str().map_or(0, str::len) / 4 * 3;
    }
    if total > LIMIT {
        causes.push(Cause::too_long("data", LIMIT));
    }
    let has = |key: &str| data.is_some_and(|data| data.contains_key(key));
    let mut require = |key: &str| causes.push(Cause::required(format!("data[{key}]"), ""));
    match object["type"].as_str().unwrap_or_default() {
        "kubernetes.io/dockerconfigjson" if !has(".dockerconfigjson") => require(".dockerconfigjson"),
        "kubernetes.io/dockercfg" if !has(".dockercfg") => require(".dockercfg"),
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            require("username");
            require("password");
        }
        "kubernetes.io/ssh-auth" if !has("ssh-privatekey") => require("ssh-privatekey"),
        "kubernetes.io/tls" => {
            for key in ["tls.crt", "tls.key"] {
                if !has(key) {
                    require(key);
                }
            }
        }
        "kubernetes.io/service-account-token" => {
            let owner = object.pointer("/metadata/annotations/kubernetes.io~1service-account.name");
            if owner.and_then(Value::as_str).is_none_or(str::is_empty) {
                let field = "metadata.annotations[kubernetes.io/service-account.name]";
                causes.push(Cause::required(field, ""));
            }
        }
        _ => {}
    }
}

pub(super) fn validate_update(object: &Value, old: &Value, causes: &mut Vec<Cause>) {
    immutable(object, old, "/type", "type", "field is immutable", causes);
    config_map::frozen(object, old, &["data"], causes);
}
