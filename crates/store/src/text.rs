//! Values as the texts that are stored.

use crate::{Error, Result};

/// A stored JSON text as its type.
pub(crate) fn decode<T: serde::de::DeserializeOwned>(what: &'static str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::row(what, error))
}

/// A value as the JSON text to be stored.
pub(crate) fn encode(what: &'static str, value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::row(what, error))
}

/// A stored name as its type.
pub(crate) fn name<T: std::str::FromStr<Err: std::fmt::Display>>(
    what: &'static str,
    text: &str,
) -> Result<T> {
    text.parse().map_err(|error| Error::row(what, error))
}

/// `LIKE` pattern of a text anywhere, to be used with `ESCAPE '\'`.
pub(crate) fn like(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        // PostgreSQL takes no NUL, and has none in its rows.
        pattern.push(if letter == '\0' { '\u{fffd}' } else { letter });
    }
    pattern.push('%');
    pattern
}
