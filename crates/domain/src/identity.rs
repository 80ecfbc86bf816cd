//! Who acts, and what they may do.

use serde::{Deserialize, Serialize};

use crate::{CorrelationId, TenantName};

/// A role within one tenant; each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
pub enum Role {
    /// Reads functions, builds, events and logs.
    Viewer,
    /// Also creates, deploys, invokes, repairs and deletes functions.
    Developer,
    /// Also changes members, secrets of the tenant and its settings.
    Owner,
}

impl Role {
    /// All, from the least to the most.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Developer, Self::Owner];

    /// From its name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// What it includes, for people.
    pub const fn means(self) -> &'static str {
        match self {
            Self::Viewer => "sees functions, builds, events and logs",
            Self::Developer => "also creates, deploys, calls, repairs and deletes functions",
            Self::Owner => "also decides who is a member and reads the audit trail",
        }
    }

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

impl Permission {
    /// All, from the least to the most.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Invoke, Self::Administer];

    /// What it lets someone do, for people.
    pub const fn means(self) -> &'static str {
        match self {
            Self::Read => "See functions, code, builds, events and logs",
            Self::Write => "Create, change, build, deploy and delete functions",
            Self::Invoke => "Call functions through the platform",
            Self::Administer => "Change members, read what everyone did",
        }
    }
}

/// A person or script that was recognised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Stable: issuer's subject, or `local:<name>`, or `token:<id>`.
    pub id: String,
    /// For people to read.
    pub name: String,
    /// An address that the identity provider has verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Groups of the identity provider.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// May act in every tenant and on the platform itself.
    #[serde(default)]
    pub platform_admin: bool,
    /// Role by tenant; those of people come from the tenants' members at each request.
    #[serde(default)]
    pub roles: Vec<(TenantName, Role)>,
}

impl User {
    /// Someone on this machine.
    pub fn local(name: &str) -> Self {
        Self { id: format!("local:{name}"), name: name.to_owned(), ..Self::default() }
    }

    /// Whether a list of members means this person by `name`.
    pub fn answers_to(&self, name: &str) -> bool {
        self.id == name || self.email.as_deref() == Some(name)
    }

    /// A script, whose roles are those that its token was made with.
    pub fn is_script(&self) -> bool {
        self.id.starts_with("token:")
    }
}

/// Who asks, in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub user: User,
    /// Ties everything together that this request sets off.
    pub correlation_id: CorrelationId,
    /// Address of the other end, when there is one.
    pub address: Option<String>,
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
