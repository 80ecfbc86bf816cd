//! Whoever makes a request.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The group whose members may do everything.
pub(super) const MASTERS: &str = "system:masters";
pub(super) const AUTHENTICATED: &str = "system:authenticated";
pub(super) const UNAUTHENTICATED: &str = "system:unauthenticated";

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub uid: String,
    pub groups: Vec<String>,
    pub extra: BTreeMap<String, Vec<String>>,
}

impl User {
    pub(super) const ANONYMOUS: &str = "system:anonymous";

    /// The administrator of the embedded cluster.
    pub fn admin() -> Self {
        Self::member("kubernetes-admin", "", &[MASTERS, AUTHENTICATED])
    }

    /// One of the server's own controllers.
    pub fn controller(name: &str) -> Self {
        Self::member(&format!("system:controller:{name}"), "", &[MASTERS, AUTHENTICATED])
    }

    /// Someone who has shown who they are.
    pub fn authenticated<S: AsRef<str>>(name: &str, groups: &[S]) -> Self {
        let groups: Vec<&str> = groups.iter().map(AsRef::as_ref).chain([AUTHENTICATED]).collect();
        Self::member(name, "", &groups)
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
        Self::member(Self::ANONYMOUS, "", &[UNAUTHENTICATED])
    }

    fn member(name: &str, uid: &str, groups: &[&str]) -> Self {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        Self { name: name.into(), uid: uid.into(), groups, extra: BTreeMap::new() }
    }

    pub(super) fn is_in(&self, group: &str) -> bool {
        self.groups.iter().any(|one| one == group)
    }

    /// Namespace and name of the service account that this is.
    pub(super) fn service_account_name(&self) -> Option<(&str, &str)> {
        self.name.strip_prefix("system:serviceaccount:")?.split_once(':')
    }

    /// `authentication.k8s.io/v1 UserInfo`.
    pub fn info(&self) -> Value {
        let mut info = json!({"username": self.name, "groups": self.groups});
        if !self.uid.is_empty() {
            info["uid"] = self.uid.as_str().into();
        }
        if !self.extra.is_empty() {
            info["extra"] = json!(self.extra);
        }
        info
    }
}
