//! Names of keys, containers and ports.

use crate::api::status::Cause;
use crate::registry::metadata::names;

const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

/// What is wrong with a key of a ConfigMap or Secret.
pub(super) fn config_key(key: &str, causes: &mut Vec<Cause>) {
    let mut refuse = |words: &str| causes.push(Cause::invalid(format!("data[{key}]"), &key.into(), words));
    if key.len() > 253 {
        refuse("must be no more than 253 characters");
    }
    if key.is_empty() || !key.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_.".contains(&c)) {
        refuse(CONFIG_KEY);
    }
    match key {
        "." => refuse("must not be '.'"),
        ".." => refuse("must not be '..'"),
        _ if key.starts_with("..") => refuse("must not start with '..'"),
        _ => {}
    }
}

/// What is wrong with a DNS label in a field that must be there.
pub(super) fn label(field: String, text: &str, causes: &mut Vec<Cause>) {
    if text.is_empty() {
        causes.push(Cause::required(field, ""));
        return;
    }
    for words in names::label_errors(text) {
        causes.push(Cause::invalid(field.clone(), &text.into(), &words));
    }
}
