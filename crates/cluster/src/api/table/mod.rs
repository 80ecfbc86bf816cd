//! `meta.k8s.io/v1 Table`: what `kubectl get` prints.
//!
//! A built-in kind has its columns in one of the files here; a custom one brings them along.

mod age;
mod custom;
mod jsonpath;
mod kinds;
mod network;
mod pod;
mod workload;

use jiff::Timestamp;
use serde_json::{Value, json};

pub use jsonpath::JsonPath;

use crate::registry::object::Object;
use crate::registry::resource::Resource;

/// What a row carries beside its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IncludeObject {
    None,
    #[default]
    Metadata,
    Object,
}

/// A column as `columnDefinitions` has it.
#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: String,
    format: String,
    description: String,
    /// Columns above 0 are shown by `-o wide` only.
    priority: i64,
}

/// The columns of a kind and how an object fills them.
trait Printer {
    fn columns(&self) -> Vec<Column>;
    fn cells(&self, object: &Object, now: Timestamp) -> Vec<Value>;
    /// `conditions` of the row.
    fn conditions(&self, _object: &Object) -> Option<Value> {
        None
    }
}

/// A table of `objects`; `metadata` is that of the list. Without `columns` (watch events after the first) no
/// column definitions are sent.
pub fn render(
    resource: &Resource,
    objects: &[&Object],
    metadata: &Value,
    include: IncludeObject,
    columns: bool,
    now: Timestamp,
) -> Value {
    let printer = printer(resource);
    let definitions: Vec<Value> = printer.columns().iter().map(Column::encode).collect();
    let rows: Vec<Value> = objects.iter().map(|object| row(printer.as_ref(), object, include, now)).collect();
    json!({
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": if columns { Value::Array(definitions) } else { Value::Null },
        "rows": rows,
    })
}

fn printer(resource: &Resource) -> Box<dyn Printer> {
    match &resource.custom {
        Some(definition) => Box::new(custom::Custom::new(&definition.printer_columns)),
        None => kinds::printer(resource),
    }
}

fn row(printer: &dyn Printer, object: &Object, include: IncludeObject, now: Timestamp) -> Value {
    let mut row = json!({"cells": printer.cells(object, now), "object": match include {
        IncludeObject::None => Value::Null,
        IncludeObject::Object => object.value().clone(),
        IncludeObject::Metadata => json!({
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": object.at("/metadata").cloned().unwrap_or_default(),
        }),
    }});
    if let Some(conditions) = printer.conditions(object) {
        row["conditions"] = conditions;
    }
    row
}

impl Column {
    fn new(name: &str, kind: &str, description: &str) -> Self {
        Column {
            name: name.to_owned(),
            kind: kind.to_owned(),
            format: String::new(),
            description: description.to_owned(),
            priority: 0,
        }
    }

    /// The first column of every table.
    fn name() -> Self {
        const WORDS: &str = "Name must be unique within a namespace. Is required when creating resources, although \
                             some resources may allow a client to request the generation of an appropriate name \
                             automatically. Name is primarily intended for creation idempotence and configuration \
                             definition. Cannot be updated. More info: \
                             https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
        Column { format: "name".to_owned(), ..Column::new("Name", "string", WORDS) }
    }

    fn wide(mut self) -> Self {
        self.priority = 1;
        self
    }

    fn encode(&self) -> Value {
        json!({
            "name": self.name,
            "type": self.kind,
            "format": self.format,
            "description": self.description,
            "priority": self.priority,
        })
    }
}

#[cfg(test)]
mod tests;
