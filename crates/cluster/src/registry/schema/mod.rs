//! Structural schemas: what the fields of a kind are, their defaults, and what is wrong with a value.
//!
//! A [`Schema`] is compiled once, when a definition is registered, with its patterns and CEL rules;
//! built-in kinds have theirs from the documents in [`crate::registry::builtin::schemas`].

mod default;
mod definitions;
mod duplicates;
pub mod format;
mod json_type;
pub mod list_type;
mod parse;
pub mod path;
mod prune;
mod structure;
#[cfg(test)]
mod tests;
mod validate;

use serde_json::Value;

pub use definitions::{Definitions, Resolve};
pub use duplicates::read as read_json;
pub use json_type::type_name;
pub use parse::Error;
pub use structure::{Additional, Checks, Kind, ListType, PatchStrategy, Schema};

use crate::api::status::Cause;
use crate::registry::cel;

impl Schema {
    /// Compiles the schema of a version of a definition.
    pub fn from_openapi(openapi: &Value) -> Result<Self, Error> {
        Schema::parse(openapi)
    }

    /// Fills in defaults where the parent is there; nulls that have no place go.
    pub fn apply_defaults(&self, object: &mut Value) {
        default::drop_nulls(self, object);
        default::apply(self, object);
    }

    /// Takes out what the schema does not know; gives the paths of what went, sorted.
    pub fn prune(&self, object: &mut Value) -> Vec<String> {
        prune::prune(self, object)
    }

    /// As [`Schema::validate`], adding to causes that the metadata has given: they may keep rules from being checked.
    pub fn validate_after(&self, causes: &mut Vec<Cause>, object: &Value, old: Option<&Value>) {
        causes.extend(validate::validate(self, object, old, ""));
        self.validate_lists_and_rules(object, old, causes);
    }

    /// Everything that is wrong with an object; `old` is what it replaces: what did not change is
    /// left alone, and transition rules compare with it.
    pub fn validate(&self, object: &Value, old: Option<&Value>) -> Vec<Cause> {
        let mut causes = validate::validate(self, object, old, "");
        self.validate_lists_and_rules(object, old, &mut causes);
        causes
    }

    /// As [`Schema::validate`], for a write that can only change the status: the rest was
    /// validated when it was written.
    pub fn validate_status(&self, object: &Value, old: Option<&Value>) -> Vec<Cause> {
        let null = Value::Null;
        let status = object.get("status").unwrap_or(&null);
        let mut causes = match self.properties.get("status") {
            Some(schema) if !status.is_null() => {
                validate::validate(schema, status, old.and_then(|old| old.get("status")), "status")
            }
            _ => Vec::new(),
        };
        self.validate_lists_and_rules(object, old, &mut causes);
        causes
    }

    fn validate_lists_and_rules(&self, object: &Value, old: Option<&Value>, causes: &mut Vec<Cause>) {
        causes.extend(list_type::validate(self, object));
        if !self.rules_below {
            return;
        }
        if causes.iter().any(path::blocks_rules) {
            causes.push(validate::rules_skipped());
        } else {
            cel::evaluate(self, object, old, causes);
        }
    }
}
