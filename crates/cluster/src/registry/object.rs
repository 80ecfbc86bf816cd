//! A Kubernetes object: JSON with typed access to its metadata.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Any object of the API, in the form in which it goes over the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Object(Value);

/// An entry of `metadata.ownerReferences`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerReference {
    pub api_version: String,
    pub kind: String,
    pub name: String,
    pub uid: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block_owner_deletion: Option<bool>,
}

impl From<Value> for Object {
    /// Anything that is not a JSON object becomes an empty one: the decoder has refused it before.
    fn from(value: Value) -> Self {
        if value.is_object() { Self(value) } else { Self(json!({})) }
    }
}

impl Object {
    pub fn value(&self) -> &Value {
        &self.0
    }

    pub fn value_mut(&mut self) -> &mut Value {
        &mut self.0
    }

    pub fn into_value(self) -> Value {
        self.0
    }

    /// The value at a JSON pointer (`/spec/replicas`).
    pub fn at(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer)
    }

    /// The text at a JSON pointer, empty when it is absent.
    pub fn text(&self, pointer: &str) -> &str {
        self.at(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn api_version(&self) -> &str {
        self.text("/apiVersion")
    }

    pub fn kind(&self) -> &str {
        self.text("/kind")
    }

    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// Empty for an object of cluster scope.
    pub fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    pub fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }

    pub fn resource_version(&self) -> &str {
        self.text("/metadata/resourceVersion")
    }

    pub fn generation(&self) -> i64 {
        self.at("/metadata/generation").and_then(Value::as_i64).unwrap_or(0)
    }

    /// Someone has asked for its deletion.
    pub fn is_deleting(&self) -> bool {
        self.at("/metadata/deletionTimestamp").is_some_and(|time| !time.is_null())
    }

    pub fn label(&self, key: &str) -> Option<&str> {
        self.at("/metadata/labels")?.get(key)?.as_str()
    }

    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.at("/metadata/annotations")?.get(key)?.as_str()
    }

    /// `metadata.finalizers`, those that are text.
    pub fn finalizers(&self) -> Vec<&str> {
        let list = self.at("/metadata/finalizers").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    pub fn has_finalizer(&self, finalizer: &str) -> bool {
        self.finalizers().contains(&finalizer)
    }

    /// `metadata.ownerReferences`, those that can be read.
    pub fn owner_references(&self) -> Vec<OwnerReference> {
        let list = self.at("/metadata/ownerReferences").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|one| OwnerReference::deserialize(one).ok()).collect()
    }

    /// `metadata`, made where it is missing.
    pub fn metadata_mut(&mut self) -> &mut Map<String, Value> {
        object_at(root(&mut self.0), "metadata")
    }

    /// Sets a field of `metadata`; null takes it out.
    pub fn set_metadata(&mut self, field: &str, value: impl Into<Value>) {
        set(self.metadata_mut(), field, value.into());
    }

    /// Sets a top-level field; null takes it out.
    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        set(root(&mut self.0), field, value.into());
    }

    /// Takes a finalizer out; says whether it was there.
    pub fn remove_finalizer(&mut self, finalizer: &str) -> bool {
        let kept: Vec<Value> =
            self.finalizers().into_iter().filter(|one| *one != finalizer).map(Value::from).collect();
        let removed = kept.len() != self.finalizers().len();
        self.set_finalizers(kept);
        removed
    }

    /// Adds a finalizer at the end unless it is there.
    pub fn add_finalizer(&mut self, finalizer: &str) {
        if !self.has_finalizer(finalizer) {
            let list = self.finalizers().into_iter().chain([finalizer]).map(Value::from).collect();
            self.set_finalizers(list);
        }
    }

    fn set_finalizers(&mut self, list: Vec<Value>) {
        let value = if list.is_empty() { Value::Null } else { Value::Array(list) };
        self.set_metadata("finalizers", value);
    }
}

fn set(map: &mut Map<String, Value>, field: &str, value: Value) {
    if value.is_null() {
        map.remove(field);
    } else {
        map.insert(field.to_owned(), value);
    }
}

fn root(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("made an object above"),
    }
}

fn object_at<'a>(map: &'a mut Map<String, Value>, field: &str) -> &'a mut Map<String, Value> {
    root(map.entry(field).or_insert(Value::Null))
}
