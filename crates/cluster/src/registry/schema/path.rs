//! Where a value is invalid: [`Path`] is a linked list on the stack, it costs nothing until an error
//! is written.

use std::fmt;

use serde_json::Value;

use crate::api::status::Cause;

/// A place in an object.
#[derive(Clone, Copy, Debug)]
pub enum Path<'a> {
    Root,
    /// A field of a parent: `.name`.
    Field(&'a Path<'a>, &'a str),
    /// A key of a map: `[key]`.
    Key(&'a Path<'a>, &'a str),
    /// An element of a list: `[3]`.
    Index(&'a Path<'a>, usize),
}

impl<'a> Path<'a> {
    pub fn field(&'a self, name: &'a str) -> Path<'a> {
        Path::Field(self, name)
    }

    pub fn key(&'a self, key: &'a str) -> Path<'a> {
        Path::Key(self, key)
    }

    pub fn index(&'a self, at: usize) -> Path<'a> {
        Path::Index(self, at)
    }

    fn is_root(&self) -> bool {
        matches!(self, Path::Root)
    }

    /// The text without `<nil>` for the root.
    pub fn dotted(&self) -> String {
        if self.is_root() { String::new() } else { self.to_string() }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => f.write_str("<nil>"),
            Path::Field(parent, name) => {
                if !parent.is_root() {
                    write!(f, "{parent}.")?;
                }
                f.write_str(name)
            }
            Path::Key(parent, key) => {
                if !parent.is_root() {
                    write!(f, "{parent}")?;
                }
                write!(f, "[{key}]")
            }
            Path::Index(parent, at) => {
                if !parent.is_root() {
                    write!(f, "{parent}")?;
                }
                write!(f, "[{at}]")
            }
        }
    }
}

/// A cause that shows no value, only words; `detail` may be empty.
pub fn bare(reason: &str, words: &str, field: impl Into<String>, detail: &str) -> Cause {
    let separator = if detail.is_empty() { "" } else { ": " };
    Cause { reason: reason.to_owned(), message: format!("{words}{separator}{detail}"), field: field.into() }
}

/// Whether CEL rules are left out after this cause: they could fail on the shape alone.
pub fn blocks_rules(cause: &Cause) -> bool {
    matches!(
        cause.reason.as_str(),
        "FieldValueNotSupported"
            | "FieldValueRequired"
            | "FieldValueTooLong"
            | "FieldValueTooMany"
            | "FieldValueTypeInvalid"
    )
}

/// A text in the quotes of Go's `%q`, which are those of JSON for what an object can hold.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_join_fields_keys_and_indexes() {
        let root = Path::Root;
        let (spec, env) = (root.field("spec"), "env");
        let list = spec.field(env);
        let first = list.index(0);
        assert_eq!(first.field("name").to_string(), "spec.env[0].name");
        assert_eq!(spec.key("a b").to_string(), "spec[a b]");
        assert_eq!(root.to_string(), "<nil>");
    }
}
