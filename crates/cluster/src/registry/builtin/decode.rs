//! A body as the typed kind it claims to be: wrong types are refused, unknown fields named and taken out, amounts
//! written as the server writes them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::schemas;
use crate::registry::resource::Resource;
use crate::registry::schema::path::Path;
use crate::registry::schema::{Additional, Kind, Schema, format, type_name};
use knative::Quantity;

/// The paths of unknown fields, sorted; the error is what a typed decoder would say.
pub fn decode(resource: &Resource, object: &mut Value) -> Result<Vec<String>, String> {
    let Some(schema) = schemas::find(&resource.api_version(), &resource.kind) else {
        return Ok(Vec::new());
    };
    let mut run = Run { kind: &resource.kind, unknown: Vec::new() };
    run.node(&schema, object, &Path::Root)?;
    run.unknown.sort();
    Ok(run.unknown)
}

/// As [`decode`], for the metadata of a custom resource.
pub fn decode_metadata(kind: &str, object: &mut Value) -> Result<Vec<String>, String> {
    let Some(metadata) = object.get_mut("metadata") else { return Ok(Vec::new()) };
    let mut run = Run { kind, unknown: Vec::new() };
    run.node(schemas::object_meta(), metadata, &Path::Root.field("metadata"))?;
    Ok(run.unknown)
}

struct Run<'a> {
    kind: &'a str,
    unknown: Vec<String>,
}

impl Run<'_> {
    fn node(&mut self, schema: &Schema, value: &mut Value, at: &Path<'_>) -> Result<(), String> {
        if schema.quantity {
            return quantity(value);
        }
        self.check_type(schema, value, at)?;
        match value {
            Value::Object(map) => {
                let any = schema.preserve_unknown
                    || matches!(schema.additional, Additional::Any)
                    || is_opaque(schema);
                let names: Vec<String> = map.keys().cloned().collect();
                for name in names {
                    let Some(child) = schema.field(&name) else {
                        if !any {
                            map.remove(&name);
                            self.unknown.push(at.field(&name).to_string());
                        }
                        continue;
                    };
                    let Some(there) = map.get_mut(&name) else { continue };
                    // Null is the zero value: the field is not there.
                    if there.is_null() {
                        map.remove(&name);
                        continue;
                    }
                    self.node(child, there, &at.field(&name))?;
                    if is_left_out(schema, &name, child, there) {
                        map.remove(&name);
                    }
                }
            }
            Value::Array(list) => {
                if let Some(items) = &schema.items {
                    for (n, one) in list.iter_mut().enumerate() {
                        self.node(items, one, &at.index(n))?;
                    }
                }
            }
            Value::String(text) => check_text(schema, text)?,
            _ => {}
        }
        Ok(())
    }

    fn check_type(&self, schema: &Schema, value: &Value, at: &Path<'_>) -> Result<(), String> {
        let fits = match schema.kind {
            _ if schema.int_or_string => value.is_i64() || value.is_string(),
            None => true,
            Some(Kind::Object) => value.is_object(),
            Some(Kind::Array) => value.is_array(),
            Some(Kind::String) => value.is_string(),
            Some(Kind::Boolean) => value.is_boolean(),
            Some(Kind::Integer) => value.is_i64() || value.is_u64(),
            Some(Kind::Number) => value.is_number(),
        };
        if fits {
            return Ok(());
        }
        let got = match type_name(value) {
            "integer" => "number",
            "boolean" => "bool",
            other => other,
        };
        let wanted = match schema.kind {
            Some(Kind::String) => "string",
            Some(Kind::Integer) => match schema.checks.as_ref().and_then(|checks| checks.format.as_deref()) {
                Some("int32") => "int32",
                _ => "int64",
            },
            Some(Kind::Boolean) => "bool",
            Some(Kind::Number) => "float64",
            Some(Kind::Array) => "[]interface {}",
            Some(Kind::Object) | None => "map[string]interface {}",
        };
        let field = at.dotted();
        Err(format!(
            "json: cannot unmarshal {got} into Go struct field {}.{field} of type {wanted}",
            self.kind
        ))
    }
}

/// An object without declared fields: raw extensions and `fieldsV1`.
fn is_opaque(schema: &Schema) -> bool {
    schema.properties.is_empty() && matches!(schema.additional, Additional::Absent)
}

/// Empty maps and lists are not written, save where the field must be there.
fn is_left_out(parent: &Schema, name: &str, child: &Schema, value: &Value) -> bool {
    let required =
        || parent.checks.as_ref().is_some_and(|checks| checks.required.iter().any(|one| one == name));
    match value {
        Value::Object(map) => map.is_empty() && child.is_map() && !required(),
        Value::Array(list) => list.is_empty() && !required(),
        _ => false,
    }
}

fn quantity(value: &mut Value) -> Result<(), String> {
    const FORM: &str =
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err(FORM.to_owned()),
    };
    *value = Quantity::parse(text.trim()).ok_or(FORM)?.to_string().into();
    Ok(())
}

fn check_text(schema: &Schema, text: &str) -> Result<(), String> {
    match schema.checks.as_ref().and_then(|checks| checks.format.as_deref()) {
        Some("byte") => match STANDARD.decode(text) {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("illegal base64 data at input byte {}", bad_byte(&error, text))),
        },
        Some("date-time") if !text.is_empty() && !format::holds("date-time", text) => Err(format!(
            "parsing time \"{text}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\""
        )),
        _ => Ok(()),
    }
}

fn bad_byte(error: &base64::DecodeError, text: &str) -> usize {
    match error {
        base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => *at,
        _ => text.len(),
    }
}
