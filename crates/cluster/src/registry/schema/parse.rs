//! From an OpenAPI v3 schema (of a CRD, or of the published documents) to a [`Schema`].

use std::sync::Arc;

use regex::Regex;
use serde_json::{Map, Value};

use super::definitions::{NoReferences, Resolve};
use super::structure::{Additional, Checks, Kind, ListType, PatchStrategy, Pattern, Schema};
use crate::registry::cel::Rules;

/// Something that cannot be compiled: a pattern or a rule.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("pattern {pattern:?}: {source}")]
    Pattern { pattern: String, source: Box<regex::Error> },
    #[error("rule {rule:?}: {message}")]
    Rule { rule: String, message: String },
}

impl Schema {
    /// Compiles the schema of a CRD version.
    pub fn parse(source: &Value) -> Result<Schema, Error> {
        node(source, &mut NoReferences)
    }
}

/// Compiles one node and all below it.
pub(super) fn node(source: &Value, references: &mut dyn Resolve) -> Result<Schema, Error> {
    let Some(map) = source.as_object() else {
        return Ok(Schema::anything());
    };
    let mut schema = Schema {
        kind: text(map, "type").and_then(Kind::parse),
        nullable: flag(map, "nullable"),
        default: map.get("default").filter(|default| !default.is_null()).cloned(),
        int_or_string: flag(map, "x-kubernetes-int-or-string")
            || text(map, "format") == Some("int-or-string"),
        preserve_unknown: flag(map, "x-kubernetes-preserve-unknown-fields"),
        embedded: flag(map, "x-kubernetes-embedded-resource"),
        map_atomic: text(map, "x-kubernetes-map-type") == Some("atomic"),
        list: list_type(map),
        patch: patch_strategy(map),
        ..Schema::default()
    };
    if let Some(properties) = map.get("properties").and_then(Value::as_object) {
        for (name, child) in properties {
            let child = child_node(child, references)?;
            schema.properties.insert(name.clone(), child);
        }
    }
    match map.get("additionalProperties") {
        Some(Value::Bool(true)) => schema.additional = Additional::Any,
        Some(child @ Value::Object(_)) => {
            schema.additional = Additional::Schema(child_node(child, references)?);
        }
        _ => {}
    }
    if let Some(items) = map.get("items") {
        schema.items = Some(child_node(items, references)?);
    }
    schema.checks = checks(map, references)?;
    if let Some(Value::Array(rules)) = map.get("x-kubernetes-validations")
        && !rules.is_empty()
    {
        schema.rules = Some(Box::new(Rules::compile(rules, &schema)?));
    }
    note_below(&mut schema);
    Ok(schema)
}

/// A child; `{"allOf": [{"$ref": …}], "default": …}`, the form of the published documents, is
/// what it refers to, with the extensions that stand beside it.
fn child_node(source: &Value, references: &mut dyn Resolve) -> Result<Arc<Schema>, Error> {
    let own = source.get("$ref");
    let only = source
        .get("allOf")
        .and_then(Value::as_array)
        .and_then(|all| all.first())
        .and_then(|first| first.get("$ref"));
    let found = own.or(only).and_then(Value::as_str).and_then(|name| references.resolve(name));
    match found {
        Some(schema) => {
            let patch = source.as_object().map(patch_strategy).unwrap_or_default();
            let always = source.get("default").is_some_and(is_empty_object);
            if patch.merge || patch.retain_keys || always {
                return Ok(Arc::new(Schema { patch, always, ..schema.referred() }));
            }
            Ok(schema)
        }
        None => Ok(Arc::new(node(source, references)?)),
    }
}

fn is_empty_object(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty)
}

impl Schema {
    /// A copy for another place that refers to it; only built-in kinds have those, and no checks.
    fn referred(&self) -> Schema {
        Schema {
            kind: self.kind,
            nullable: self.nullable,
            properties: self.properties.clone(),
            items: self.items.clone(),
            additional: match &self.additional {
                Additional::Absent => Additional::Absent,
                Additional::Any => Additional::Any,
                Additional::Schema(child) => Additional::Schema(Arc::clone(child)),
            },
            int_or_string: self.int_or_string,
            preserve_unknown: self.preserve_unknown,
            list: self.list.clone(),
            map_atomic: self.map_atomic,
            quantity: self.quantity,
            checks: self.checks.clone(),
            defaults_below: self.defaults_below,
            ..Schema::default()
        }
    }
}

fn note_below(schema: &mut Schema) {
    let additional = match &schema.additional {
        Additional::Schema(child) => Some(child),
        _ => None,
    };
    let children = || schema.properties.values().chain(schema.items.iter()).chain(additional);
    let rules = schema.rules.is_some() || children().any(|child| child.rules_below);
    let defaults = schema.default.is_some() || children().any(|child| child.defaults_below);
    schema.rules_below = rules;
    schema.defaults_below = defaults;
}

fn checks(map: &Map<String, Value>, references: &mut dyn Resolve) -> Result<Option<Arc<Checks>>, Error> {
    const NAMES: [&str; 18] = [
        "format",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "required",
        "enum",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
    ];
    if !NAMES.iter().any(|name| map.contains_key(*name)) {
        return Ok(None);
    }
    let mut schemas = |name: &str| -> Result<Vec<Schema>, Error> {
        match map.get(name).and_then(Value::as_array) {
            Some(list) => list.iter().map(|one| node(one, references)).collect(),
            None => Ok(Vec::new()),
        }
    };
    let (all_of, any_of, one_of) = (schemas("allOf")?, schemas("anyOf")?, schemas("oneOf")?);
    let not = match map.get("not") {
        Some(one) => Some(Box::new(node(one, references)?)),
        None => None,
    };
    Ok(Some(Arc::new(Checks {
        format: text(map, "format").map(Into::into),
        pattern: text(map, "pattern").map(pattern).transpose()?,
        min_length: count(map, "minLength"),
        max_length: count(map, "maxLength"),
        minimum: map.get("minimum").and_then(Value::as_f64),
        exclusive_minimum: flag(map, "exclusiveMinimum"),
        maximum: map.get("maximum").and_then(Value::as_f64),
        exclusive_maximum: flag(map, "exclusiveMaximum"),
        multiple_of: map.get("multipleOf").and_then(Value::as_f64),
        min_items: count(map, "minItems"),
        max_items: count(map, "maxItems"),
        unique_items: flag(map, "uniqueItems"),
        min_properties: count(map, "minProperties"),
        max_properties: count(map, "maxProperties"),
        required: texts(map, "required"),
        enumeration: map.get("enum").and_then(Value::as_array).cloned().unwrap_or_default(),
        all_of,
        any_of,
        one_of,
        not,
    })))
}

/// Go's patterns search, and are not anchored; the two dialects agree for what CRDs use, save that
/// `{,n}` and a lone `{` are plain text in Go.
fn pattern(source: &str) -> Result<Pattern, Error> {
    let regex = Regex::new(source)
        .map_err(|error| Error::Pattern { pattern: source.to_owned(), source: Box::new(error) })?;
    Ok(Pattern { source: source.into(), regex })
}

fn list_type(map: &Map<String, Value>) -> ListType {
    match text(map, "x-kubernetes-list-type") {
        Some("set") => ListType::Set,
        Some("map") => ListType::Map(texts(map, "x-kubernetes-list-map-keys").into()),
        _ => ListType::Atomic,
    }
}

fn patch_strategy(map: &Map<String, Value>) -> PatchStrategy {
    let strategy = text(map, "x-kubernetes-patch-strategy").unwrap_or_default();
    PatchStrategy {
        merge_key: text(map, "x-kubernetes-patch-merge-key").map(Into::into),
        merge: strategy.split(',').any(|s| s == "merge"),
        retain_keys: strategy.split(',').any(|s| s == "retainKeys"),
    }
}

fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    map.get(name).and_then(Value::as_str)
}

fn flag(map: &Map<String, Value>, name: &str) -> bool {
    map.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn count(map: &Map<String, Value>, name: &str) -> Option<u64> {
    let value = map.get(name)?;
    value.as_u64().or_else(|| value.as_f64().map(|float| float as u64))
}

fn texts(map: &Map<String, Value>, name: &str) -> Vec<String> {
    map.get(name)
        .and_then(Value::as_array)
        .map(|list| list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect())
        .unwrap_or_default()
}
