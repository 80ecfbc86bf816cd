//! One step of a path into an object, as `FieldsV1` writes it.

use std::fmt;

use serde_json::{Map, Value};

/// A field, or an element of a list by its keys, its value or its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Element {
    /// `f:name`
    Field(String),
    /// `k:{"name":"A"}`; the JSON has its keys in order.
    Keys(String),
    /// `v:"text"`; the JSON of the value.
    Value(String),
    /// `i:3`
    Index(usize),
}

impl Element {
    /// The element of a list of type map with these keys.
    pub(super) fn keys(keys: Map<String, Value>) -> Self {
        let mut pairs: Vec<(String, Value)> = keys.into_iter().collect();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        Element::Keys(Value::Object(pairs.into_iter().collect()).to_string())
    }

    /// The element of a set.
    pub(super) fn value(value: &Value) -> Self {
        Element::Value(value.to_string())
    }

    /// Reads the form of `FieldsV1`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        match kind {
            "f" => Some(Element::Field(rest.to_owned())),
            "k" => match serde_json::from_str(rest) {
                Ok(Value::Object(keys)) => Some(Self::keys(keys)),
                _ => None,
            },
            "v" => serde_json::from_str::<Value>(rest).ok().map(|value| Self::value(&value)),
            "i" => rest.parse().ok().map(Element::Index),
            _ => None,
        }
    }

    /// The form of `FieldsV1`.
    pub(super) fn encode(&self) -> String {
        match self {
            Element::Field(name) => format!("f:{name}"),
            Element::Keys(json) => format!("k:{json}"),
            Element::Value(json) => format!("v:{json}"),
            Element::Index(at) => format!("i:{at}"),
        }
    }
}

/// The form of conflict messages: `.env`, `[name="A"]`, `[="text"]`, `[3]`.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Element::Field(name) => write!(f, ".{name}"),
            Element::Keys(json) => {
                let keys: Map<String, Value> = serde_json::from_str(json).unwrap_or_default();
                let pairs: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
                write!(f, "[{}]", pairs.join(","))
            }
            Element::Value(json) => write!(f, "[={json}]"),
            Element::Index(at) => write!(f, "[{at}]"),
        }
    }
}
