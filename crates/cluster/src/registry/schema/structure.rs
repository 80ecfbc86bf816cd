//! The schema of a kind, ready to be used: patterns and rules are compiled once, at registration.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;
use serde_json::Value;

use crate::registry::cel::Rules;

/// A schema node. Nodes that several places refer to are shared.
#[derive(Debug, Default)]
pub struct Schema {
    pub kind: Option<Kind>,
    pub nullable: bool,
    pub properties: BTreeMap<String, Arc<Schema>>,
    pub additional: Additional,
    pub items: Option<Arc<Schema>>,
    pub default: Option<Value>,
    /// Checks of the value itself; absent on most nodes.
    pub checks: Option<Arc<Checks>>,
    /// `x-kubernetes-validations` of this node.
    pub rules: Option<Box<Rules>>,
    /// Whether this node or one below it has rules: what has none is not walked.
    pub rules_below: bool,
    /// Whether this node or one below it has a default.
    pub defaults_below: bool,
    pub int_or_string: bool,
    pub preserve_unknown: bool,
    /// `x-kubernetes-embedded-resource`: `apiVersion`, `kind` and `metadata` are known.
    pub embedded: bool,
    pub list: ListType,
    /// `x-kubernetes-map-type: atomic`.
    pub map_atomic: bool,
    /// `x-kubernetes-patch-merge-key` and strategy, of built-in kinds only.
    pub patch: PatchStrategy,
    /// A struct of a built-in kind that is there even when nothing in it is set.
    pub always: bool,
    /// A quantity, whose text the API server writes in its own way.
    pub quantity: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
}

impl Kind {
    pub fn parse(text: &str) -> Option<Kind> {
        Some(match text {
            "object" => Kind::Object,
            "array" => Kind::Array,
            "string" => Kind::String,
            "integer" => Kind::Integer,
            "number" => Kind::Number,
            "boolean" => Kind::Boolean,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Kind::Object => "object",
            Kind::Array => "array",
            Kind::String => "string",
            Kind::Integer => "integer",
            Kind::Number => "number",
            Kind::Boolean => "boolean",
        }
    }
}

/// `additionalProperties`.
#[derive(Debug, Default)]
pub enum Additional {
    #[default]
    Absent,
    /// `true`: anything.
    Any,
    Schema(Arc<Schema>),
}

/// `x-kubernetes-list-type`; absent is atomic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ListType {
    #[default]
    Atomic,
    Set,
    /// With the fields that make an element's identity.
    Map(Arc<[String]>),
}

/// How a strategic merge patch treats a field.
#[derive(Clone, Debug, Default)]
pub struct PatchStrategy {
    pub merge_key: Option<Box<str>>,
    /// The list is merged, by `merge_key` or as a set of plain values.
    pub merge: bool,
    /// The object's fields that the patch does not name are removed.
    pub retain_keys: bool,
}

/// Checks of a value, in the order in which they are reported.
#[derive(Debug, Default)]
pub struct Checks {
    pub format: Option<Box<str>>,
    pub pattern: Option<Pattern>,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub minimum: Option<f64>,
    pub exclusive_minimum: bool,
    pub maximum: Option<f64>,
    pub exclusive_maximum: bool,
    pub multiple_of: Option<f64>,
    pub min_items: Option<u64>,
    pub max_items: Option<u64>,
    pub unique_items: bool,
    pub min_properties: Option<u64>,
    pub max_properties: Option<u64>,
    pub required: Vec<String>,
    pub enumeration: Vec<Value>,
    pub all_of: Vec<Schema>,
    pub any_of: Vec<Schema>,
    pub one_of: Vec<Schema>,
    pub not: Option<Box<Schema>>,
}

/// A pattern and its source, which errors name.
#[derive(Debug)]
pub struct Pattern {
    pub source: Box<str>,
    pub regex: Regex,
}

impl Schema {
    /// The schema of a field: of a property, or of any key of a map.
    pub fn field(&self, name: &str) -> Option<&Arc<Schema>> {
        match (self.properties.get(name), &self.additional) {
            (Some(found), _) => Some(found),
            (None, Additional::Schema(schema)) => Some(schema),
            (None, _) => None,
        }
    }

    /// Whether the keys are those of the user.
    pub fn is_map(&self) -> bool {
        self.properties.is_empty() && !matches!(self.additional, Additional::Absent)
    }

    /// A schema that takes everything and knows nothing.
    pub fn anything() -> Schema {
        Schema { preserve_unknown: true, nullable: true, ..Schema::default() }
    }
}
