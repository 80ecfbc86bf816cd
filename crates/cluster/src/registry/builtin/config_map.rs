//! ConfigMaps: names of keys, size, immutability.

use serde_json::Value;

use super::keys;
use crate::api::status::Cause;

/// Bytes of all values together.
const LIMIT: usize = 1024 * 1024;
const IMMUTABLE: &str = "field is immutable when `immutable` is set";

pub(super) fn validate(object: &Value, causes: &mut Vec<Cause>) {
    let mut total = 0;
    for field in ["data", "binaryData"] {
        for (key, value) in object[field].as_object().into_iter().flatten() {
            keys::config_key(key, causes);
            if field == "binaryData" && object["data"].get(key).is_some() {
                let words = format!("duplicate of key present in data: {key}");
                causes.push(Cause::invalid(format!("binaryData[{key}]"), &key.as_str().into(), &words));
            }
            total += value.as_str().map_or(0, str::len);
        }
    }
    if total > LIMIT {
        causes.push(Cause::too_long("[]", LIMIT));
    }
}

pub(super) fn validate_update(object: &Value, old: &Value, causes: &mut Vec<Cause>) {
    frozen(object, old, &["data", "binaryData"], causes);
}

/// What must not change once `immutable` is set.
pub(super) fn frozen(object: &Value, old: &Value, fields: &[&str], causes: &mut Vec<Cause>) {
    if old["immutable"] != true {
        return;
    }
    if object["immutable"] != true {
        causes.push(Cause::forbidden("immutable", IMMUTABLE));
    }
    for field in fields {
        if object[field] != old[field] {
            causes.push(Cause::forbidden(*field, IMMUTABLE));
        }
    }
}
