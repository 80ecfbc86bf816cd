//! `spec.members`.

use serde::{Deserialize, Serialize};

use crate::identity::{Role, User};

/// A person or a group, and its role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "kube", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "kube", schemars(extend("x-kubernetes-validations" = [{
    "rule": "has(self.user) != has(self.group)",
    "message": "a member is either a user or a group"
}])))]
pub struct Member {
    /// The issuer's subject, an e-mail address, or `local:<name>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(length(min = 1, max = 253)))]
    pub user: Option<String>,
    /// A group of the identity provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "kube", schemars(length(min = 1, max = 253)))]
    pub group: Option<String>,
    /// What they may do.
    pub role: Role,
}

impl Member {
    /// A person.
    pub fn user(id: impl Into<String>, role: Role) -> Self {
        Self { user: Some(id.into()), group: None, role }
    }

    /// A group.
    pub fn group(name: impl Into<String>, role: Role) -> Self {
        Self { user: None, group: Some(name.into()), role }
    }

    /// Whether the entry is about this person: by id, by e-mail address, or by one of the groups.
    pub fn is_about(&self, user: &User) -> bool {
        let by_name = self.user.as_ref().is_some_and(|name| user.answers_to(name));
        by_name || self.group.as_ref().is_some_and(|group| user.groups.contains(group))
    }

    /// `user ada@example.org` or `group team-a`, for people.
    pub fn label(&self) -> String {
        match (&self.user, &self.group) {
            (Some(user), _) => format!("user {user}"),
            (None, Some(group)) => format!("group {group}"),
            (None, None) => "nobody".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_a_member_by_id_by_address_or_by_group() {
        let ada = User {
            id: "oidc:17".into(),
            name: "Ada".into(),
            email: Some("ada@example.org".into()),
            groups: vec!["team-a".into()],
            ..User::default()
        };
        assert!(Member::user("oidc:17", Role::Viewer).is_about(&ada));
        assert!(Member::user("ada@example.org", Role::Viewer).is_about(&ada));
        assert!(Member::group("team-a", Role::Viewer).is_about(&ada));
        assert!(!Member::user("Ada", Role::Owner).is_about(&ada), "a name can be chosen by anyone");
        assert!(!Member::user("team-a", Role::Owner).is_about(&ada), "a group is no person");
    }
}
