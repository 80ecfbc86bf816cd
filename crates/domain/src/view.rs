//! How a person likes a list: filters under a name, and columns.

use serde::{Deserialize, Serialize};

use crate::TenantName;

/// A filter of a list under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedView {
    /// Whose list.
    pub tenant: TenantName,
    /// What the person calls it.
    pub title: String,
    /// The list's address after `?`, which may be empty.
    pub query: String,
}

/// A list that can be looked at in more than one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ListName {
    /// Functions.
    Functions,
    /// The timeline.
    Events,
}

impl ListName {
    /// The word for it in keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Functions => "functions",
            Self::Events => "events",
        }
    }
}
