//! Bodies in protobuf, as Go clients send those of built-in kinds: written as the JSON that says the same.
//!
//! The numbers of the fields are in `openapi/protobuf.txt`. Protobuf does not tell a field that is absent from one
//! that is empty: empty text, zero and `false` are left out, but for fields in which they mean something.

mod values;
mod wire;

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use wire::{Reader, Wire};

/// The media type.
pub(in crate::api) const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// What every body begins with.
pub(super) const MAGIC: &[u8] = b"k8s\0";

static TABLE: &str = include_str!("../../../openapi/protobuf.txt");

/// Messages by name, and their fields by number.
static MESSAGES: LazyLock<HashMap<&'static str, HashMap<u64, Field>>> = LazyLock::new(|| {
    let mut messages: HashMap<&str, HashMap<u64, Field>> = HashMap::new();
    let mut name = "";
    for line in TABLE.lines() {
        match line.strip_prefix(' ') {
            None => {
                name = line;
                messages.entry(name).or_default();
            }
            Some(field) => {
                if let Some((number, field)) = Field::parse(field) {
                    messages.entry(name).or_default().insert(number, field);
                }
            }
        }
    }
    messages
});

/// Fields in which nothing is not the same as absent.
const MEANT: &[&str] = &[
    "activeDeadlineSeconds",
    "allowPrivilegeEscalation",
    "automountServiceAccountToken",
    "backoffLimit",
    "backoffLimitPerIndex",
    "blockOwnerDeletion",
    "completions",
    "controller",
    "defaultMode",
    "enableServiceLinks",
    "failedJobsHistoryLimit",
    "fsGroup",
    "gracePeriodSeconds",
    "maxFailedIndexes",
    "minReplicas",
    "mode",
    "optional",
    "orphanDependents",
    "parallelism",
    "priority",
    "privileged",
    "progressDeadlineSeconds",
    "readOnlyRootFilesystem",
    "replicas",
    "revisionHistoryLimit",
    "runAsGroup",
    "runAsNonRoot",
    "runAsUser",
    "shareProcessNamespace",
    "stabilizationWindowSeconds",
    "storageClassName",
    "successfulJobsHistoryLimit",
    "suspend",
    "terminationGracePeriodSeconds",
    "tolerationSeconds",
    "ttlSecondsAfterFinished",
];

/// A field of a message.
#[derive(Debug, Clone, Copy)]
struct Field {
    many: Many,
    kind: Kind,
    /// Empty: its fields are those of the message around it.
    name: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Many {
    One,
    List,
    Map,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Number,
    Bool,
    Bytes,
    Message(&'static str),
}

impl Field {
    fn parse(line: &'static str) -> Option<(u64, Self)> {
        let mut words = line.split(' ');
        let number = words.next()?.parse().ok()?;
        let kind = words.next()?;
        let name = words.next().unwrap_or_default();
        let (many, kind) = match kind.split_at_checked(1) {
            Some(("*", kind)) => (Many::List, kind),
            Some(("%", kind)) => (Many::Map, kind),
            _ => (Many::One, kind),
        };
        let kind = match kind {
            "t" => Kind::Text,
            "n" => Kind::Number,
            "b" => Kind::Bool,
            "x" => Kind::Bytes,
            message => Kind::Message(message),
        };
        Some((number, Self { many, kind, name }))
    }
}

/// Why a body is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The kind has no protobuf form here.
    Unknown,
    /// A sentence.
    Damaged(&'static str),
}

/// The object of a body: `runtime.Unknown`, whose bytes are those of the kind that it names.
pub(super) fn read(body: &[u8]) -> Result<Value, Refusal> {
    let envelope =
        body.strip_prefix(MAGIC).ok_or(Refusal::Damaged("the body does not begin as protobuf does"))?;
    let (mut api_version, mut kind, mut raw) = (String::new(), String::new(), &[][..]);
    for field in Reader::new(envelope) {
        match field? {
            (1, Wire::Bytes(meta)) => {
                for field in Reader::new(meta) {
                    match field? {
                        (1, Wire::Bytes(bytes)) => api_version = text(bytes)?,
                        (2, Wire::Bytes(bytes)) => kind = text(bytes)?,
                        _ => {}
                    }
                }
            }
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let name = message_of(&api_version, &kind);
    let (name, _) = MESSAGES.get_key_value(name.as_str()).ok_or(Refusal::Unknown)?;
    let mut object = Map::new();
    object.insert("apiVersion".to_owned(), api_version.into());
    object.insert("kind".to_owned(), kind.into());
    fields(name, raw, &mut object)?;
    Ok(object.into())
}

/// `rbac.authorization.k8s.io/v1`, `Role` → `rbac.v1.Role`.
fn message_of(api_version: &str, kind: &str) -> String {
    if kind == "DeleteOptions" {
        return "meta.DeleteOptions".to_owned();
    }
    match api_version.split_once('/') {
        None => format!("core.{api_version}.{kind}"),
        Some((group, version)) => {
            let group = group.split('.').next().unwrap_or(group);
            format!("{group}.{version}.{kind}")
        }
    }
}

fn fields(message: &str, bytes: &[u8], object: &mut Map<String, Value>) -> Result<(), Refusal> {
    let known = MESSAGES.get(message).ok_or(Refusal::Unknown)?;
    for field in Reader::new(bytes) {
        let (number, wire) = field?;
        // A field that came with a later version than is served here.
        let Some(field) = known.get(&number) else { continue };
        match (field.many, field.kind, wire) {
            (Many::One, Kind::Message(inner), Wire::Bytes(bytes)) if field.name.is_empty() => {
                fields(inner, bytes, object)?;
            }
            (Many::One, kind, wire) => {
                let value = value(kind, wire)?;
                if !is_nothing(field.name, &value) {
                    object.insert(field.name.to_owned(), value);
                }
            }
            (Many::List, Kind::Number, Wire::Bytes(packed)) => {
                let mut packed = Reader::new(packed);
                while let Some(number) = packed.number()? {
                    push(object, field.name, wire::signed(number).into());
                }
            }
            (Many::List, kind, wire) => push(object, field.name, value(kind, wire)?),
            (Many::Map, kind, Wire::Bytes(bytes)) => {
                let (key, value) = entry(kind, bytes)?;
                let map = object.entry(field.name).or_insert_with(|| Value::Object(Map::new()));
                if let Some(map) = map.as_object_mut() {
                    map.insert(key, value);
                }
            }
            (Many::Map, _, Wire::Number(_)) => return Err(Refusal::Damaged("a map is a number")),
        }
    }
    Ok(())
}

fn push(object: &mut Map<String, Value>, name: &str, value: Value) {
    if let Some(list) = object.entry(name).or_insert_with(|| Value::Array(Vec::new())).as_array_mut() {
        list.push(value);
    }
}

fn entry(kind: Kind, bytes: &[u8]) -> Result<(String, Value), Refusal> {
    let (mut key, mut found) = (String::new(), value(kind, Wire::Bytes(&[]))?);
    for field in Reader::new(bytes) {
        match field? {
            (1, Wire::Bytes(bytes)) => key = text(bytes)?,
            (2, wire) => found = value(kind, wire)?,
            _ => {}
        }
    }
    Ok((key, found))
}

fn value(kind: Kind, wire: Wire<'_>) -> Result<Value, Refusal> {
    Ok(match (kind, wire) {
        (Kind::Text, Wire::Bytes(bytes)) => text(bytes)?.into(),
        (Kind::Number, Wire::Number(number)) => wire::signed(number).into(),
        (Kind::Bool, Wire::Number(number)) => (number != 0).into(),
        (Kind::Bytes, Wire::Bytes(bytes)) => values::base64(bytes),
        (Kind::Message(message), Wire::Bytes(bytes)) => match values::special(message, bytes)? {
            Some(value) => value,
            None => {
                let mut object = Map::new();
                fields(message, bytes, &mut object)?;
                object.into()
            }
        },
        _ => return Err(Refusal::Damaged("a field has another type than it should")),
    })
}

fn is_nothing(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() && !MEANT.contains(&name),
        Value::Bool(is) => !is && !MEANT.contains(&name),
        Value::Number(number) => number.as_i64() == Some(0) && !MEANT.contains(&name),
        _ => false,
    }
}

fn text(bytes: &[u8]) -> Result<String, Refusal> {
    String::from_utf8(bytes.to_vec()).map_err(|_| Refusal::Damaged("a text is not UTF-8"))
}

#[cfg(test)]
mod tests;
