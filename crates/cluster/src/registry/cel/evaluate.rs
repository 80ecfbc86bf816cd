//! Rules evaluated on an object, and the causes of those that fail.

use cel::common::types::CelOptional;
use cel::{ExecutionError, Program, Value as CelValue};
use serde_json::Value;

use super::convert;
use super::environment::context;
use super::rules::Rule;
use crate::api::status::Cause;
use crate::registry::schema::path::{Path, bare};
use crate::registry::schema::{Additional, Schema, list_type};

/// Appends a cause for each rule at or below the schema that does not hold.
pub fn evaluate(schema: &Schema, object: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
    node(schema, object, old, true, &Path::Root, causes);
}

fn node(
    schema: &Schema,
    value: &Value,
    old: Option<&Value>,
    root: bool,
    at: &Path<'_>,
    causes: &mut Vec<Cause>,
) {
    if !schema.rules_below || value.is_null() {
        return;
    }
    if let Some(rules) = &schema.rules {
        for rule in &rules.0 {
            if rule.transition && !rule.optional_old_self && old.is_none() {
                continue;
            }
            // What did not change is not refused, unless the rule is about change.
            if !rule.transition && old == Some(value) {
                continue;
            }
            causes.extend(failure(rule, schema, value, old, root, at));
        }
    }
    match value {
        Value::Object(map) => {
            for (name, child) in map {
                let old = old.and_then(|old| old.get(name));
                if let Some(known) = schema.properties.get(name) {
                    node(known, child, old, false, &at.field(name), causes);
                } else if let Additional::Schema(known) = &schema.additional {
                    node(known, child, old, false, &at.key(name), causes);
                }
            }
        }
        Value::Array(list) => {
            if let Some(items) = &schema.items {
                for (n, child) in list.iter().enumerate() {
                    let old = list_type::counterpart(schema, child, n, old);
                    node(items, child, old, false, &at.index(n), causes);
                }
            }
        }
        _ => {}
    }
}

/// The cause, if the rule does not hold.
fn failure(
    rule: &Rule,
    schema: &Schema,
    value: &Value,
    old: Option<&Value>,
    root: bool,
    at: &Path<'_>,
) -> Option<Cause> {
    let run = |program: &Program| -> Result<CelValue, ExecutionError> {
        let mut context = context();
        context.add_variable_as_val("self", convert::value(schema, value, root));
        let before = old.map(|old| convert::value(schema, old, root));
        if rule.optional_old_self {
            context.add_variable_as_val("oldSelf", Box::new(CelOptional::from(before)));
        } else if let Some(before) = before {
            context.add_variable_as_val("oldSelf", before);
        }
        program.execute(&context)
    };
    let field = field(at, rule.field_path.as_deref());
    match run(&rule.program) {
        Ok(CelValue::Bool(true)) => None,
        Ok(CelValue::Bool(false)) => {
            let spoken = rule.message_expression.as_ref().and_then(|program| match run(program) {
                Ok(CelValue::String(text)) if is_message(&text) => Some(text.trim().to_owned()),
                _ => None,
            });
            let words = match rule.reason.as_str() {
                "FieldValueForbidden" => "Forbidden",
                "FieldValueRequired" => "Required value",
                "FieldValueDuplicate" => "Duplicate value",
                _ => "Invalid value",
            };
            Some(bare(&rule.reason, words, field, &spoken.unwrap_or_else(|| rule.name())))
        }
        Ok(_) => Some(broken(field, rule, "the rule does not evaluate to a boolean")),
        Err(error) => Some(broken(field, rule, &describe(&error))),
    }
}

fn broken(field: String, rule: &Rule, error: &str) -> Cause {
    let detail = format!("{error} evaluating rule: {}", rule.name());
    bare("FieldValueInvalid", "Invalid value", field, &detail)
}

fn describe(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("no such key: {key}"),
        ExecutionError::IndexOutOfBounds(index) => match index {
            CelValue::Int(index) => format!("index out of bounds: {index}"),
            _ => "index out of bounds".to_owned(),
        },
        ExecutionError::NoSuchOverload(_) => "no such overload".to_owned(),
        ExecutionError::DivisionByZero(_) => "division by zero".to_owned(),
        other => other.to_string(),
    }
}

/// A message must say something, on one line of reasonable length.
fn is_message(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && !text.contains('\n') && text.len() <= 5120
}

/// The place of the node, extended by the rule's `fieldPath` (`.a.b`, `['key']`).
fn field(at: &Path<'_>, below: Option<&str>) -> String {
    let Some(below) = below else {
        return at.to_string();
    };
    let below = below.replace("['", "[").replace("']", "]");
    let base = at.dotted();
    if base.is_empty() { below.trim_start_matches('.').to_owned() } else { format!("{base}{below}") }
}
