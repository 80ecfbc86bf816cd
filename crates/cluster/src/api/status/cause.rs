//! One reason why an object is invalid, worded as apimachinery's `field.Error`.

use std::fmt::Display;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A field and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Path such as `spec.template.spec.containers[0].name`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub field: String,
}

impl Cause {
    fn new(reason: &str, message: String, field: impl Into<String>) -> Self {
        Self { reason: reason.into(), message, field: field.into() }
    }

    /// A cause without a field or reason, as internal errors have it.
    pub fn message_only(message: &str) -> Self {
        Self::new("", message.into(), "")
    }

    /// The field has to be there. `detail` may be empty.
    pub fn required(field: impl Into<String>, detail: &str) -> Self {
        Self::new("FieldValueRequired", with_detail("Required value", detail), field)
    }

    /// The value breaks a rule. The value is shown as JSON.
    pub fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        let message = with_detail(&format!("Invalid value: {value}"), detail);
        Self::new("FieldValueInvalid", message, field)
    }

    /// As [`Cause::invalid`], with the value as it is to be shown.
    pub fn invalid_shown(field: impl Into<String>, shown: &str, detail: &str) -> Self {
        Self::new("FieldValueInvalid", with_detail(&format!("Invalid value: {shown}"), detail), field)
    }

    /// The value breaks a rule of types: `FieldValueTypeInvalid`.
    pub fn type_invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        let message = with_detail(&format!("Invalid value: {value}"), detail);
        Self::new("FieldValueTypeInvalid", message, field)
    }

    /// The value is none of those supported, which are listed in the order given.
    pub fn not_supported<S: Display>(field: impl Into<String>, value: &Value, supported: &[S]) -> Self {
        let listed: Vec<String> = supported.iter().map(|s| format!("\"{s}\"")).collect();
        let message = format!("Unsupported value: {value}: supported values: {}", listed.join(", "));
        Self::new("FieldValueNotSupported", message, field)
    }

    /// The field must not be set, or not to this, under these circumstances.
    pub fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new("FieldValueForbidden", with_detail("Forbidden", detail), field)
    }

    /// The value is already there.
    pub fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        Self::new("FieldValueDuplicate", format!("Duplicate value: {value}"), field)
    }

    /// What the value refers to is not there.
    pub fn not_found(field: impl Into<String>, value: &Value) -> Self {
        Self::new("FieldValueNotFound", format!("Not found: {value}"), field)
    }

    /// Longer than `limit` bytes.
    pub fn too_long(field: impl Into<String>, limit: usize) -> Self {
        Self::new("FieldValueTooLong", format!("Too long: may not be more than {limit} bytes"), field)
    }

    /// More than `limit` items.
    pub fn too_many(field: impl Into<String>, actual: usize, limit: usize) -> Self {
        let message = format!("Too many: {actual}: must have at most {limit} items");
        Self::new("FieldValueTooMany", message, field)
    }

    /// Something went wrong while this field was checked.
    pub fn internal(field: impl Into<String>, detail: &str) -> Self {
        Self::new("InternalError", with_detail("Internal error", detail), field)
    }
}

fn with_detail(what: &str, detail: &str) -> String {
    if detail.is_empty() { what.to_owned() } else { format!("{what}: {detail}") }
}

/// The causes in one line: alone as they are, several in brackets, repeated ones once.
pub(super) fn summary(causes: &[Cause]) -> String {
    let mut lines: Vec<String> = Vec::with_capacity(causes.len());
    for cause in causes {
        let line = format!("{}: {}", cause.field, cause.message);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    match lines.as_slice() {
        [one] => one.clone(),
        _ => format!("[{}]", lines.join(", ")),
    }
}
