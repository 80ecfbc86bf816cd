//! Columns of custom resources.

use jiff::Timestamp;
use serde_json::Value;

use super::jsonpath::JsonPath;
use super::{Column, Printer, age};
use crate::registry::object::Object;

/// `additionalPrinterColumns`, or the age where a definition has none.
pub(super) struct Custom(Vec<(Column, Option<JsonPath>)>);

impl Custom {
    pub(super) fn new(definitions: &[Value]) -> Self {
        let mut columns: Vec<_> = definitions.iter().map(column).collect();
        if columns.is_empty() {
            const WORDS: &str = "CreationTimestamp is a timestamp representing the server time when this object was \
                                 created.";
            let path = JsonPath::parse(".metadata.creationTimestamp");
            columns.push((Column::new("Age", "date", WORDS), path));
        }
        Custom(columns)
    }
}

fn column(definition: &Value) -> (Column, Option<JsonPath>) {
    let text = |name: &str| definition[name].as_str().unwrap_or_default();
    let path = text("jsonPath");
    let description = match text("description") {
        "" => format!("Custom resource definition column (in JSONPath format): {path}"),
        given => given.to_owned(),
    };
    let column = Column {
        format: text("format").to_owned(),
        priority: definition["priority"].as_i64().unwrap_or(0),
        ..Column::new(text("name"), text("type"), &description)
    };
    (column, JsonPath::parse(path))
}

impl Printer for Custom {
    fn columns(&self) -> Vec<Column> {
        let own = self.0.iter().map(|(column, _)| column.clone());
        std::iter::once(Column::name()).chain(own).collect()
    }

    fn cells(&self, object: &Object, now: Timestamp) -> Vec<Value> {
        let own = self.0.iter().map(|(column, path)| {
            let found = path.as_ref().and_then(|path| path.first(object.value()));
            found.map_or(Value::Null, |value| cell(&column.kind, value, now))
        });
        std::iter::once(object.name().into()).chain(own).collect()
    }
}

/// A value as the column's type shows it; null where it is of another type.
fn cell(kind: &str, value: &Value, now: Timestamp) -> Value {
    match (kind, value) {
        ("string", Value::String(_)) => value.clone(),
        ("string", Value::Null) => Value::Null,
        ("string", other) => other.to_string().into(),
        ("integer", Value::Number(number)) => {
            number.as_i64().or_else(|| number.as_f64().map(|float| float as i64)).into()
        }
        ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => value.clone(),
        ("date", Value::String(text)) => age::since(text, now).into(),
        _ => Value::Null,
    }
}
