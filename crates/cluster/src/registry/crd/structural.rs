//! Whether the schema of a definition is structural: every field has a type, and what combines schemas
//! (`allOf`, `anyOf`, `oneOf`, `not`) only checks values.

use regex::Regex;
use serde_json::{Map, Value};

use crate::api::status::Cause;
use crate::registry::cel;
use crate::registry::schema::Schema;

/// Appends what is wrong with the schema at `at`.
pub(super) fn validate(schema: &Value, at: &str, causes: &mut Vec<Cause>) {
    let before = causes.len();
    match schema["type"].as_str() {
        Some("object") => {}
        None | Some("") => {
            causes.push(Cause::required(format!("{at}.type"), "must not be empty at the root"));
        }
        Some(_) => {
            let words = "must be object at the root";
            causes.push(Cause::invalid(format!("{at}.type"), &schema["type"], words));
        }
    }
    node(schema, at, "", causes);
    // Rules and defaults mean something in a sound schema only.
    if causes.len() == before {
        rules(schema, at, causes);
        defaults(schema, at, causes);
    }
}

/// `place` says what kind of node must have a type; empty for the root.
fn node(schema: &Value, at: &str, place: &str, causes: &mut Vec<Cause>) {
    let Some(map) = schema.as_object() else { return };
    let flag = |name: &str| map.get(name) == Some(&Value::Bool(true));
    let open = flag("x-kubernetes-preserve-unknown-fields") || flag("x-kubernetes-int-or-string");
    let typed = map.get("type").and_then(Value::as_str).is_some_and(|kind| !kind.is_empty());
    if !typed && !open && !place.is_empty() {
        let words = format!("must not be empty for specified {place}");
        causes.push(Cause::required(format!("{at}.type"), &words));
    }
    if typed && flag("x-kubernetes-int-or-string") {
        let words = "must be empty if x-kubernetes-int-or-string is true";
        causes.push(Cause::invalid(format!("{at}.type"), &map["type"], words));
    }
    if map.contains_key("$ref") {
        causes.push(Cause::forbidden(format!("{at}.$ref"), "$ref is not supported"));
    }
    if flag("uniqueItems") {
        let words = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic";
        causes.push(Cause::forbidden(format!("{at}.uniqueItems"), words));
    }
    if let Some(pattern) = map.get("pattern").and_then(Value::as_str)
        && let Err(error) = Regex::new(pattern)
    {
        let words = format!("must be a valid regular expression, but isn't: {error}");
        causes.push(Cause::invalid(format!("{at}.pattern"), &pattern.into(), &words));
    }
    if map.contains_key("properties") && map.get("additionalProperties").is_some_and(|more| *more != false) {
        let words = "additionalProperties and properties are mutual exclusive";
        causes.push(Cause::forbidden(format!("{at}.additionalProperties"), words));
    }
    if map.get("type").is_some_and(|kind| kind == "array") && !map.contains_key("items") {
        causes.push(Cause::required(format!("{at}.items"), "must be specified"));
    }
    list_type(map, at, causes);
    children(map, at, |child, at, place| node(child, at, place, causes));
    for (child, at) in junctions(map, at) {
        value_checks(child, &at, causes);
    }
}

/// Calls `each` with every child that holds values, its place and what it is called there.
fn children(map: &Map<String, Value>, at: &str, mut each: impl FnMut(&Value, &str, &str)) {
    for (name, child) in map.get("properties").and_then(Value::as_object).into_iter().flatten() {
        each(child, &format!("{at}.properties[{name}]"), "object fields");
    }
    if let Some(items) = map.get("items") {
        each(items, &format!("{at}.items"), "array items");
    }
    if let Some(child) = map.get("additionalProperties").filter(|child| child.is_object()) {
        each(child, &format!("{at}.additionalProperties"), "object fields");
    }
}

fn junctions<'s>(map: &'s Map<String, Value>, at: &str) -> Vec<(&'s Value, String)> {
    let mut found = Vec::new();
    for name in ["allOf", "anyOf", "oneOf"] {
        let list = map.get(name).and_then(Value::as_array).into_iter().flatten();
        found.extend(list.enumerate().map(|(n, child)| (child, format!("{at}.{name}[{n}]"))));
    }
    found.extend(map.get("not").map(|child| (child, format!("{at}.not"))));
    found
}

/// Inside a junction only checks of values may stand. The types of an int-or-string are the exception.
fn value_checks(schema: &Value, at: &str, causes: &mut Vec<Cause>) {
    const STRUCTURE: [&str; 9] = [
        "additionalProperties",
        "default",
        "description",
        "nullable",
        "title",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-type",
        "x-kubernetes-preserve-unknown-fields",
    ];
    let Some(map) = schema.as_object() else { return };
    for name in STRUCTURE.into_iter().filter(|name| map.contains_key(*name)) {
        causes.push(Cause::forbidden(format!("{at}.{name}"), "must be empty to be structural"));
    }
    if let Some(kind) = map.get("type")
        && !matches!(kind.as_str(), Some("integer" | "string"))
    {
        causes.push(Cause::forbidden(format!("{at}.type"), "must be empty to be structural"));
    }
    children(map, at, |child, at, _| value_checks(child, at, causes));
    for (child, at) in junctions(map, at) {
        value_checks(child, &at, causes);
    }
}

fn list_type(map: &Map<String, Value>, at: &str, causes: &mut Vec<Cause>) {
    const TYPES: [&str; 3] = ["atomic", "map", "set"];
    let Some(kind) = map.get("x-kubernetes-list-type") else { return };
    if !TYPES.contains(&kind.as_str().unwrap_or_default()) {
        causes.push(Cause::not_supported(format!("{at}.x-kubernetes-list-type"), kind, &TYPES));
        return;
    }
    let keys = map.get("x-kubernetes-list-map-keys").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if kind == "map" && keys.is_empty() {
        let words = "must not be empty if x-kubernetes-list-type is map";
        causes.push(Cause::required(format!("{at}.x-kubernetes-list-map-keys"), words));
    }
    let items = map.get("items").unwrap_or(&Value::Null);
    for (n, key) in keys.iter().enumerate() {
        let name = key.as_str().unwrap_or_default();
        let Some(property) = items["properties"].get(name) else {
            let words = "must be the name of an item schema's property";
            causes.push(Cause::invalid(format!("{at}.x-kubernetes-list-map-keys[{n}]"), key, words));
            continue;
        };
        let required = items["required"].as_array().is_some_and(|list| list.contains(key));
        if !required && property.get("default").is_none() {
            let words = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required \
                         property";
            causes.push(Cause::required(format!("{at}.items.properties[{name}].default"), words));
        }
    }
}

/// Compiles every rule against its node.
fn rules(schema: &Value, at: &str, causes: &mut Vec<Cause>) {
    let Some(map) = schema.as_object() else { return };
    if let Some(Value::Array(list)) = map.get("x-kubernetes-validations")
        && let Ok(compiled) = Schema::from_openapi(&without_rules(schema))
    {
        for (n, rule) in list.iter().enumerate() {
            for field in ["rule", "messageExpression"] {
                let Some(source) = rule[field].as_str() else { continue };
                if let Some(error) = cel::compile_error(source, &compiled) {
                    let at = format!("{at}.x-kubernetes-validations[{n}].{field}");
                    causes.push(Cause::invalid(at, &source.into(), &error));
                }
            }
        }
    }
    children(map, at, |child, at, _| rules(child, at, causes));
}

fn without_rules(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => map
            .iter()
            .filter(|(name, _)| *name != "x-kubernetes-validations")
            .map(|(name, child)| (name.clone(), without_rules(child)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(list) => list.iter().map(without_rules).collect(),
        other => other.clone(),
    }
}

/// A default must be valid where it stands.
fn defaults(schema: &Value, at: &str, causes: &mut Vec<Cause>) {
    let Some(map) = schema.as_object() else { return };
    if let Some(default) = map.get("default")
        && let Ok(compiled) = Schema::from_openapi(schema)
    {
        let mut value = default.clone();
        compiled.apply_defaults(&mut value);
        for cause in compiled.validate(&value, None) {
            let field = match cause.field.as_str() {
                "<nil>" => format!("{at}.default"),
                below => format!("{at}.default.{below}"),
            };
            causes.push(Cause { field, ..cause });
        }
    }
    children(map, at, |child, at, _| defaults(child, at, causes));
}
