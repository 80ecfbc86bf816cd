//! JSON as CEL sees it through a schema: texts are borrowed, times and bytes have their types, and field
//! names that are no identifiers are escaped.

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine;
use cel::common::functions::Function;
use cel::common::types::{
    CelBool, CelBytes, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString,
};
use cel::common::value::{CowVal, Val};
use serde_json::{Map, Value};

use super::environment::environment;
use crate::registry::schema::{Kind, Schema};

/// The value at a node. `root` adds what every object has: `apiVersion`, `kind` and its names.
pub(super) fn value<'v>(schema: &Schema, json: &'v Value, root: bool) -> Box<dyn Val + 'v> {
    match json {
        Value::Object(map) if schema.properties.is_empty() && !root => entries(schema, map),
        Value::Object(map) => fields(schema, map, root || schema.embedded),
        Value::Array(list) => match &schema.items {
            Some(items) => sequence(list.iter().map(|one| value(items, one, false))),
            None => plain(json),
        },
        Value::String(text) => string(schema, text),
        Value::Number(number) => match schema.kind {
            Some(Kind::Number) => Box::new(CelDouble::from(number.as_f64().unwrap_or_default())),
            _ => plain(json),
        },
        _ => plain(json),
    }
}

/// A map: its keys are the user's and stay as they are.
fn entries<'v>(schema: &Schema, map: &'v Map<String, Value>) -> Box<dyn Val + 'v> {
    let pairs = map.iter().map(|(name, json)| {
        let child = schema.field(name).map_or_else(|| plain(json), |child| value(child, json, false));
        (CelMapKey::from(name.as_str()), child)
    });
    Box::new(CelMap::from(pairs.collect::<HashMap<_, _>>()))
}

/// An object: its declared fields.
fn fields<'v>(schema: &Schema, map: &'v Map<String, Value>, resource: bool) -> Box<dyn Val + 'v> {
    let mut pairs: HashMap<CelMapKey<'v>, Box<dyn Val + 'v>> = HashMap::with_capacity(map.len());
    for (name, json) in map {
        let child = match schema.field(name) {
            _ if resource && matches!(name.as_str(), "apiVersion" | "kind" | "metadata") => plain(json),
            Some(child) => value(child, json, false),
            None => continue,
        };
        let key = match escape(name) {
            Some(escaped) => CelMapKey::from(escaped),
            None => CelMapKey::from(name.as_str()),
        };
        pairs.insert(key, child);
    }
    Box::new(CelMap::from(pairs))
}

fn sequence<'v>(items: impl Iterator<Item = Box<dyn Val + 'v>>) -> Box<dyn Val + 'v> {
    Box::new(CelList::from(items.collect::<Vec<_>>()))
}

fn string<'v>(schema: &Schema, text: &'v str) -> Box<dyn Val + 'v> {
    let format = schema.checks.as_ref().and_then(|checks| checks.format.as_deref());
    let typed = match format {
        Some("byte") => base64::engine::general_purpose::STANDARD
            .decode(text)
            .ok()
            .map(|bytes| Box::new(CelBytes::from(bytes)) as Box<dyn Val + 'v>),
        Some("date-time" | "datetime") => call(*TIMESTAMP, text.to_owned()),
        Some("date") => call(*TIMESTAMP, format!("{text}T00:00:00Z")),
        Some("duration") => call(*DURATION, text.to_owned()),
        _ => None,
    };
    typed.unwrap_or_else(|| Box::new(CelString::from(text)))
}

static TIMESTAMP: LazyLock<Option<Function>> = LazyLock::new(|| of_text("timestamp"));
static DURATION: LazyLock<Option<Function>> = LazyLock::new(|| of_text("duration"));

/// The conversion from text of that name in the standard library.
fn of_text(name: &str) -> Option<Function> {
    environment().find_overload(name, &[CowVal::owned(CelString::from(""))])
}

fn call<'v>(function: Option<Function>, text: String) -> Option<Box<dyn Val + 'v>> {
    function?(vec![CowVal::owned(CelString::from(text))]).ok().map(CowVal::into_owned)
}

/// JSON without a schema.
pub(super) fn plain<'v>(json: &'v Value) -> Box<dyn Val + 'v> {
    match json {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Box::new(CelInt::from(whole)),
            None => Box::new(CelDouble::from(number.as_f64().unwrap_or_default())),
        },
        Value::String(text) => Box::new(CelString::from(text.as_str())),
        Value::Array(list) => sequence(list.iter().map(plain)),
        Value::Object(map) => {
            let pairs = map.iter().map(|(name, json)| (CelMapKey::from(name.as_str()), plain(json)));
            Box::new(CelMap::from(pairs.collect::<HashMap<_, _>>()))
        }
    }
}

const KEYWORDS: [&str; 20] = [
    "true",
    "false",
    "null",
    "in",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
];

const ESCAPES: [(&str, &str); 4] =
    [("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__")];

/// The name of a field in an expression, where it is not the field's own name.
fn escape(name: &str) -> Option<String> {
    if KEYWORDS.contains(&name) || name == "while" {
        return Some(format!("__{name}__"));
    }
    if !name.contains(['.', '-', '/']) && !name.contains("__") {
        return None;
    }
    Some(ESCAPES.iter().fold(name.to_owned(), |name, (plain, escaped)| name.replace(plain, escaped)))
}

/// The field that an expression names.
pub(super) fn unescape(name: &str) -> String {
    if !name.contains("__") {
        return name.to_owned();
    }
    if let Some(keyword) = name.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"))
        && (KEYWORDS.contains(&keyword) || keyword == "while")
    {
        return keyword.to_owned();
    }
    ESCAPES.iter().rev().fold(name.to_owned(), |name, (plain, escaped)| name.replace(escaped, plain))
}
