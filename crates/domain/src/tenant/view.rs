//! Tenants as lists and pages show them.

use serde::{Deserialize, Serialize};

use super::Member;
use crate::{
    Cursor, TenantName, Timestamp,
    function::Phase,
    identity::{Permission, Role},
};

/// A tenant in a list, and at the head of its pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantSummary {
    /// Which.
    pub name: TenantName,
    /// What people call it; its name when nobody said.
    pub display_name: String,
    /// Its functions are stopped.
    pub suspended: bool,
    /// It can be used.
    pub ready: bool,
    /// Why not; a sentence.
    pub reason: String,
    /// The caller's role in it.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What the Members page shows and sends back, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MembersForm {
    /// `metadata.generation` that the form was filled from; a newer one is a conflict.
    pub version: String,
    /// Everyone.
    pub members: Vec<Member>,
}

/// What someone may do in a tenant, and why: the answer of "test this user".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Access {
    /// The role that counts: the highest.
    pub role: Option<Role>,
    /// The entries of the list of members that are about them.
    pub because: Vec<Member>,
    /// Each permission, and whether they have it.
    pub permissions: Vec<(Permission, bool)>,
}

/// One line of a tenant's meter: the figures that the quota itself is enforced with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaUse {
    /// For people: `Functions`, `Memory`.
    pub what: String,
    /// As the meter has it: `3`, `512Mi`.
    pub used: String,
    /// As the quota has it.
    pub limit: String,
    /// 0 to 100, and beyond when the limit was lowered below the use.
    pub percent: i64,
}

/// A row of the administrator's overview.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TenantTotals {
    /// The tenant.
    pub tenant: TenantSummary,
    /// How many people and groups have a role.
    pub members: i64,
    /// Functions by phase, phases without one left out.
    pub functions: Vec<(Phase, i64)>,
    /// All functions.
    pub function_count: i64,
    /// Instances now.
    pub replicas: i64,
    /// Builds that run.
    pub builds_running: i64,
    /// Builds that wait.
    pub builds_queued: i64,
    /// The fullest line of the quota.
    pub quota: Option<QuotaUse>,
}

/// Column that the administrator's list is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TenantSort {
    /// By name.
    #[default]
    Name,
    /// By the number of functions.
    Functions,
    /// By the number of those that failed.
    Failed,
    /// By instances.
    Replicas,
    /// By members.
    Members,
}

impl TenantSort {
    /// The name in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Functions => "functions",
            Self::Failed => "failed",
            Self::Replicas => "replicas",
            Self::Members => "members",
        }
    }

    /// From its name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Name, Self::Functions, Self::Failed, Self::Replicas, Self::Members]
            .into_iter()
            .find(|sort| sort.as_str() == text)
    }
}

/// One page of the administrator's list; flat, so that it is also a query string.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TenantQuery {
    /// Part of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Suspended or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<bool>,
    /// By which column.
    pub sort: TenantSort,
    /// The other way round.
    pub desc: bool,
    /// From where on: the last name of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// Rows; see [`crate::page::limit`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}
