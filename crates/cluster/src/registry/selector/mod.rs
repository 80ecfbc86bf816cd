//! Label and field selectors.

mod field;
mod label;

pub use field::FieldSelector;
pub use label::{LabelSelector, Requirement};

use crate::registry::object::Object;

/// Both selectors of a request.
#[derive(Debug, Clone, Default)]
pub struct Selector {
    pub labels: LabelSelector,
    pub fields: FieldSelector,
}

impl Selector {
    /// Takes every object.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    pub fn matches(&self, object: &Object) -> bool {
        self.labels.matches(object) && self.fields.matches(object)
    }
}
