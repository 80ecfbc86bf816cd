//! Query parameters and delete options, as each verb reads them.

mod list;
mod write;

use crate::api::path::decode;
use crate::api::status::{ApiError, ApiResult};

pub(super) use list::ListOptions;
pub use write::{DeleteOptions, FieldValidation, Propagation, WriteOptions};

/// The parameters of a request in order; a name may be there several times.
#[derive(Debug, Clone, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decode(&name.replace('+', " ")), decode(&value.replace('+', " "))))
                .collect(),
        )
    }

    /// The first value; empty when it is absent.
    pub(super) fn text(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// As Go reads booleans of a query: present and neither `0` nor `false`.
    pub(super) fn flag(&self, name: &str) -> bool {
        self.all(name).next().is_some_and(|value| !matches!(value, "0" | "false"))
    }

    /// Absent or empty is `None`, text that is no number a 400.
    pub(super) fn number(&self, name: &str) -> ApiResult<Option<i64>> {
        let text = self.text(name);
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| {
            ApiError::bad_request(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax"))
        })
    }
}
