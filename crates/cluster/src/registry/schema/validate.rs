//! Validation of a value by its schema, with the errors of an API server.
//!
//! The text of an error names the field from where validation started, while `field` has the
//! prefix too: the status subresource is validated by the schema of `status` alone.

use serde_json::Value;

use crate::api::status::Cause;

use super::format;
use super::json_type::{has_type, type_name};
use super::path::{Path, bare, quoted};
use super::structure::{Additional, Checks, Kind, Schema};

/// Validates `value`; what equals `old` at the same place is left alone (ratcheting), so that a
/// stricter definition does not lock existing objects.
pub(super) fn validate(schema: &Schema, value: &Value, old: Option<&Value>, prefix: &str) -> Vec<Cause> {
    let mut run = Run { prefix, errors: Vec::new() };
    run.node(schema, value, old, &Path::Root);
    run.errors
}

struct Run<'a> {
    prefix: &'a str,
    errors: Vec<Cause>,
}

impl Run<'_> {
    fn node(&mut self, schema: &Schema, value: &Value, old: Option<&Value>, at: &Path<'_>) {
        if old == Some(value) {
            return;
        }
        if value.is_null() {
            if !schema.nullable && (schema.kind.is_some() || schema.int_or_string) {
                self.wrong_type(schema, value, at);
            }
            return;
        }
        if !has_type(schema, value) {
            self.wrong_type(schema, value, at);
        }
        if let Some(checks) = &schema.checks {
            self.checks(schema, checks, value, at);
        }
        match value {
            Value::Object(map) => {
                for (name, child) in map {
                    let known = match schema.properties.get(name) {
                        Some(known) => known,
                        None => match &schema.additional {
                            Additional::Schema(known) => known,
                            _ => continue,
                        },
                    };
                    let old = old.and_then(|old| old.get(name));
                    self.node(known, child, old, &at.field(name));
                }
            }
            Value::Array(list) => {
                if let Some(items) = &schema.items {
                    for (n, child) in list.iter().enumerate() {
                        let old = super::list_type::counterpart(schema, child, n, old);
                        self.node(items, child, old, &at.index(n));
                    }
                }
            }
            _ => {}
        }
    }

    fn checks(&mut self, schema: &Schema, checks: &Checks, value: &Value, at: &Path<'_>) {
        self.composites(checks, value, at);
        match value {
            Value::String(text) => self.text(checks, text, at),
            Value::Number(_) => self.number(schema, checks, value, at),
            Value::Array(list) => {
                if let Some(min) = checks.min_items.filter(|min| (list.len() as u64) < *min) {
                    let detail = format!("should have at least {min} items");
                    self.invalid(at, value, &detail);
                }
                if let Some(max) = checks.max_items.filter(|max| list.len() as u64 > *max) {
                    self.push(Cause::too_many(self.field(at), list.len(), max as usize));
                }
                if checks.unique_items && has_twins(list) {
                    self.invalid(at, value, "shouldn't contain duplicates");
                }
            }
            _ => {}
        }
        if !checks.enumeration.is_empty() && !checks.enumeration.contains(value) {
            let names: Vec<String> = checks.enumeration.iter().map(plain).collect();
            self.push(Cause::not_supported(self.field(at), value, &names));
        }
        if let Value::Object(map) = value {
            if let Some(min) = checks.min_properties.filter(|min| (map.len() as u64) < *min) {
                let detail = format!("should have at least {min} properties");
                self.invalid(at, value, &detail);
            }
            if let Some(max) = checks.max_properties.filter(|max| map.len() as u64 > *max) {
                self.push(Cause::too_many(self.field(at), map.len(), max as usize));
            }
            for name in &checks.required {
                if !map.contains_key(name) {
                    let field = self.field(&at.field(name));
                    self.push(Cause::required(field, ""));
                }
            }
        }
    }

    fn text(&mut self, checks: &Checks, text: &str, at: &Path<'_>) {
        if checks.min_length.is_some() || checks.max_length.is_some() {
            let length = text.chars().count() as u64;
            if let Some(max) = checks.max_length.filter(|max| length > *max) {
                self.push(Cause::too_long(self.field(at), max as usize));
            }
            if let Some(min) = checks.min_length.filter(|min| length < *min) {
                let detail = format!("should be at least {min} chars long");
                self.invalid(at, &text.into(), &detail);
            }
        }
        if let Some(pattern) = &checks.pattern
            && !pattern.regex.is_match(text)
        {
            let detail = format!("should match '{}'", pattern.source);
            self.invalid(at, &text.into(), &detail);
        }
        if let Some(format) = &checks.format
            && !format::holds(format, text)
        {
            let detail = format!("{} in body must be of type {format}: {}", at.dotted(), quoted(text));
            self.push(Cause::type_invalid(self.field(at), &text.into(), &detail));
        }
    }

    fn number(&mut self, schema: &Schema, checks: &Checks, value: &Value, at: &Path<'_>) {
        let Some(number) = value.as_f64() else { return };
        if let Some(factor) = checks.multiple_of
            && (number / factor).fract().abs() > f64::EPSILON
        {
            let detail = format!("should be a multiple of {}", go_float(factor));
            self.invalid(at, value, &detail);
        }
        if let Some(max) = checks.maximum {
            let (fails, words) = if checks.exclusive_maximum {
                (number >= max, "less than")
            } else {
                (number > max, "less than or equal to")
            };
            if fails {
                self.invalid(at, value, &format!("should be {words} {}", go_float(max)));
            }
        }
        if let Some(min) = checks.minimum {
            let (fails, words) = if checks.exclusive_minimum {
                (number <= min, "greater than")
            } else {
                (number < min, "greater than or equal to")
            };
            if fails {
                self.invalid(at, value, &format!("should be {words} {}", go_float(min)));
            }
        }
        self.number_range(schema, checks.format.as_deref(), number, at);
    }

    /// The server reports a number that its declared type cannot hold without naming the field.
    fn number_range(&mut self, schema: &Schema, format: Option<&str>, number: f64, at: &Path<'_>) {
        if schema.kind != Some(Kind::Integer) {
            return;
        }
        let fits = number.fract() == 0.0
            && match format {
                Some("int32") => number >= f64::from(i32::MIN) && number <= f64::from(i32::MAX),
                _ => true,
            };
        if !fits {
            let of = match format {
                Some(format) => format!("with format {format}"),
                None => "(default format)".to_owned(),
            };
            let detail = format!("Checked value must be of type integer {of} in {}", at.dotted());
            let field = if self.prefix.is_empty() { "<nil>" } else { self.prefix };
            self.push(Cause::invalid(field, &"".into(), &detail));
        }
    }

    fn composites(&mut self, checks: &Checks, value: &Value, at: &Path<'_>) {
        let holds = |schema: &Schema| validate(schema, value, None, "").is_empty();
        let name = quoted(&at.dotted());
        for schema in &checks.all_of {
            self.node(schema, value, None, at);
        }
        if !checks.any_of.is_empty() && !checks.any_of.iter().any(holds) {
            self.stated(at, value, &format!("{name} must validate at least one schema (anyOf)"));
        }
        if !checks.one_of.is_empty() {
            let found = checks.one_of.iter().filter(|schema| holds(schema)).count();
            let words = match found {
                1 => None,
                0 => Some("Found none valid".to_owned()),
                _ => Some(format!("Found {found} valid alternatives")),
            };
            if let Some(words) = words {
                let detail = format!("{name} must validate one and only one schema (oneOf). {words}");
                self.stated(at, value, &detail);
            }
        }
        if checks.not.as_deref().is_some_and(holds) {
            self.stated(at, value, &format!("{name} must not validate the schema (not)"));
        }
    }

    fn wrong_type(&mut self, schema: &Schema, value: &Value, at: &Path<'_>) {
        let wanted =
            if schema.int_or_string { "integer,string" } else { schema.kind.map_or("object", Kind::name) };
        let got = type_name(value);
        let detail = format!("{} in body must be of type {wanted}: \"{got}\"", at.dotted());
        self.push(Cause::type_invalid(self.field(at), &got.into(), &detail));
        // Numbers are checked twice by the server, see `number_range`.
        if schema.checks.is_none()
            && let Some(number) = value.as_f64()
        {
            self.number_range(schema, None, number, at);
        }
    }

    fn invalid(&mut self, at: &Path<'_>, value: &Value, words: &str) {
        let detail = format!("{} in body {words}", at.dotted());
        self.push(Cause::invalid(self.field(at), value, &detail));
    }

    /// As [`Run::invalid`], for a detail that is complete. Composite errors carry no value.
    fn stated(&mut self, at: &Path<'_>, _value: &Value, detail: &str) {
        self.push(Cause::invalid(self.field(at), &"".into(), detail));
    }

    fn push(&mut self, error: Cause) {
        self.errors.push(error);
    }

    fn field(&self, at: &Path<'_>) -> String {
        let own = at.dotted();
        if self.prefix.is_empty() {
            return if own.is_empty() { "<nil>".into() } else { own };
        }
        let dot = if own.is_empty() || own.starts_with('[') { "" } else { "." };
        format!("{}{dot}{own}", self.prefix)
    }
}

/// The error that stands for the rules which could not be checked after others failed.
pub(super) fn rules_skipped() -> Cause {
    const DETAIL: &str = "some validation rules were not checked because the object was invalid; correct \
                          the existing errors to complete validation";
    bare("FieldValueInvalid", "Invalid value: null", "<nil>", DETAIL)
}

fn has_twins(list: &[Value]) -> bool {
    list.iter().enumerate().any(|(n, one)| list[..n].contains(one))
}

/// A text as it is, anything else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Go's `%v` of a float: from 10⁶ on, and below 10⁻⁴, with an exponent of two digits.
fn go_float(number: f64) -> String {
    let scientific = format!("{number:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}
