//! How a value is owned: whole, by field, or by element.

use std::sync::Arc;

use serde_json::Value;

use super::element::Element;
use crate::registry::builtin::schemas;
use crate::registry::schema::{ListType, Schema, list_type};

/// A node of the schema on the way through an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guide<'s> {
    schema: Option<&'s Schema>,
    /// The object itself: its `metadata` has the schema that all metadata has.
    root: bool,
}

/// What a value is to ownership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A scalar, or an atomic list or map: owned whole.
    Whole,
    Fields,
    Elements,
}

impl<'s> Guide<'s> {
    pub(super) fn root(schema: Option<&'s Arc<Schema>>) -> Self {
        Guide { schema: schema.map(Arc::as_ref), root: true }
    }

    pub(super) fn shape(&self, value: &Value) -> Shape {
        match value {
            Value::Object(_) if self.schema.is_some_and(|schema| schema.map_atomic) => Shape::Whole,
            Value::Object(_) => Shape::Fields,
            Value::Array(_) => match self.schema.map(|schema| &schema.list) {
                Some(ListType::Set | ListType::Map(_)) => Shape::Elements,
                _ => Shape::Whole,
            },
            _ => Shape::Whole,
        }
    }

    /// The guide below a field.
    pub(super) fn field(&self, name: &str) -> Guide<'s> {
        let schema = match (self.root, name) {
            (true, "metadata") => Some(schemas::object_meta().as_ref()),
            _ => self.schema.and_then(|schema| schema.field(name)).map(Arc::as_ref),
        };
        Guide { schema, root: false }
    }

    /// Whether the field is declared by name, and not a key of the user's.
    pub(super) fn declares(&self, name: &str) -> bool {
        let always = self.root && matches!(name, "apiVersion" | "kind" | "metadata");
        always || self.schema.is_some_and(|schema| schema.properties.contains_key(name))
    }

    /// The guide below any element of a list.
    pub(super) fn items(&self) -> Guide<'s> {
        let schema = self.schema.and_then(|schema| schema.items.as_deref());
        Guide { schema, root: false }
    }

    /// The identity of an element; only asked where the shape is [`Shape::Elements`].
    pub(super) fn identity(&self, element: &Value) -> Element {
        match self.schema {
            Some(schema) => match &schema.list {
                ListType::Map(keys) => Element::keys(list_type::key_of(schema, keys, element)),
                _ => Element::value(element),
            },
            None => Element::value(element),
        }
    }
}
