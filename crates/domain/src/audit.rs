//! The audit trail: who did what to what, when, from where, and how it ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{TenantName, Timestamp};

/// How an act ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditResult {
    /// It was done.
    Success,
    /// Whoever asked may not.
    Denied,
    /// It was allowed and did not work.
    Failed,
}

impl AuditResult {
    /// All, in the order of filters.
    pub const ALL: [Self; 3] = [Self::Success, Self::Denied, Self::Failed];

    /// The name in rows, filters and exports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }

    /// From its name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.as_str() == text)
    }
}

/// One act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who, as [`crate::identity::User::id`]; empty: nobody was recognised.
    pub actor: String,
    /// Who, for people.
    pub actor_name: String,
    /// In which tenant, when in one.
    pub tenant: Option<TenantName>,
    /// `function.delete`, `session.begin`, …
    pub action: String,
    /// To what: a function's name, a build's id, …
    pub object: String,
    /// How it ended.
    pub result: AuditResult,
    /// Code of the problem when it did not work.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What changed, by path, as it was; never a secret.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub before: BTreeMap<String, Value>,
    /// The same as it became.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub after: BTreeMap<String, Value>,
    /// Ties it to the log, to events and to the answer that the person got.
    pub correlation_id: String,
    /// Address of the other end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// An act as it was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// Counts from 1 without gaps.
    pub position: i64,
    /// SHA-256 over the hash before, the position and the entry; hex.
    pub hash: String,
    /// The act.
    #[serde(flatten)]
    pub entry: AuditEntry,
}

/// Which acts a list shows; all given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditFilter {
    /// In this tenant; the platform sets it for those who see one tenant only.
    pub tenant: Option<TenantName>,
    /// By this user's id.
    pub actor: Option<String>,
    /// Actions that begin so: `function`, `session.begin`.
    pub action: Option<String>,
    /// To this object.
    pub object: Option<String>,
    /// That ended so.
    pub result: Option<AuditResult>,
    /// Of this correlation id.
    pub correlation: Option<String>,
    /// Not before.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// What a check of the whole trail found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditCheck {
    /// Rows that are whole.
    pub checked: i64,
    /// The first row that is not, and why; a sentence.
    pub broken: Option<String>,
    /// Hash of the newest row: kept elsewhere, it also shows that the whole trail was replaced.
    pub head: String,
}

/// Every action that the trail tells of.
pub mod action {
    /// A person signed in, or tried to.
    pub const SESSION_BEGIN: &str = "session.begin";
    /// A session was ended by its owner.
    pub const SESSION_END: &str = "session.end";
    /// A sign-in link was made.
    pub const LINK_CREATE: &str = "session.link";
    /// A token was made.
    pub const TOKEN_CREATE: &str = "token.create";
    /// A token was revoked.
    pub const TOKEN_REVOKE: &str = "token.revoke";
    /// Something was asked for that the caller may not do.
    pub const ACCESS: &str = "access";
    /// The trail itself was taken out.
    pub const AUDIT_EXPORT: &str = "audit.export";
}
