//! Who acts, and what they may do.

use serde::{Deserialize, Serialize};

use crate::{CorrelationId, TenantName};

/// A role within one tenant; each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Reads functions, builds, events and logs.
    Viewer,
    /// Also creates, deploys, invokes, repairs and deletes functions.
    Developer,
    /// Also changes members, secrets of the tenant and its settings.
    Owner,
}

impl Role {
    /// The name in manifests, URLs and messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Developer => "developer",
            Self::Owner => "owner",
        }
    }
}

/// Something that may be done in a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// See functions, their code, builds, events and logs.
    Read,
    /// Create, change, build, deploy and delete functions; upload code.
    Write,
    /// Call a function through the platform.
    Invoke,
    /// Members, tokens and settings of the tenant.
    Administer,
}

impl Permission {
    /// The least role that has it.
    pub const fn needs(self) -> Role {
        match self {
            Self::Read => Role::Viewer,
            Self::Write | Self::Invoke => Role::Developer,
            Self::Administer => Role::Owner,
        }
    }
}

/// A person or script that was recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Stable: issuer's subject, or `local:<name>`, or `token:<id>`.
    pub id: String,
    /// For people to read.
    pub name: String,
    /// May act in every tenant and on the platform itself.
    #[serde(default)]
    pub platform_admin: bool,
    /// Role by tenant.
    #[serde(default)]
    pub roles: Vec<(TenantName, Role)>,
}

/// Who asks, in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub user: User,
    /// Ties everything together that this request sets off.
    pub correlation_id: CorrelationId,
}

impl Caller {
    /// The caller's role in `tenant`; a platform admin is an owner everywhere.
    pub fn role_in(&self, tenant: &TenantName) -> Option<Role> {
        if self.user.platform_admin {
            return Some(Role::Owner);
        }
        self.user.roles.iter().filter(|(name, _)| name == tenant).map(|(_, role)| *role).max()
    }

    /// Whether the caller may do `permission` in `tenant`.
    pub fn may(&self, permission: Permission, tenant: &TenantName) -> bool {
        self.role_in(tenant).is_some_and(|role| role >= permission.needs())
    }
}
