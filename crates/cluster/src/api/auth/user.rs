//! Whoever makes a request.

use serde_json::{Value, json};

/// The group whose members may do everything.
pub(super) const MASTERS: &str = "system:masters";
const AUTHENTICATED: &str = "system:authenticated";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: String,
    pub groups: Vec<String>,
}

impl User {
    /// The administrator of the embedded cluster.
    pub fn admin() -> Self {
        Self::member("kubernetes-admin", "", &[MASTERS, AUTHENTICATED])
    }

    /// One of the server's own controllers.
    pub fn controller(name: &str) -> Self {
        Self::member(&format!("system:controller:{name}"), "", &[MASTERS, AUTHENTICATED])
    }

    /// A workload.
    pub fn service_account(namespace: &str, name: &str, uid: &str) -> Self {
        let of_namespace = format!("system:serviceaccounts:{namespace}");
        Self::member(
            &format!("system:serviceaccount:{namespace}:{name}"),
            uid,
            &["system:serviceaccounts", &of_namespace, AUTHENTICATED],
        )
    }

    /// Someone who has not said who they are.
    pub fn anonymous() -> Self {
        Self::member("system:anonymous", "", &["system:unauthenticated"])
    }

    fn member(name: &str, uid: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        Self { name: name.into(), uid: uid.into(), groups }
    }

    pub(super) fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|one| one == group)
    }

    pub(super) fn is_authenticated(&self) -> bool {
        self.is_in(AUTHENTICATED)
    }

    /// `authentication.k8s.io/v1 UserInfo`.
    pub fn info(&self) -> Value {
        let mut info = json!({"username": self.name, "groups": self.groups});
        if !self.uid.is_empty() {
            info["uid"] = self.uid.as_str().into();
        }
        info
    }
}
