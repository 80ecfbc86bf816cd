//! The three roles as the cluster's own, and who has them: kubectl obeys what the dashboard obeys.

use domain::{
    function::GROUP,
    identity::Role as Level,
    tenant::{Member, Tenant},
};
use k8s_openapi::api::rbac::v1::{PolicyRule, Role, RoleBinding, RoleRef, Subject};

use super::owned;
use crate::tenant::validate::Validated;

const RBAC: &str = "rbac.authorization.k8s.io";

/// A role and its binding for each level; one without members is bound to nobody.
pub(super) fn roles(tenant: &Tenant, valid: &Validated) -> Vec<(Role, RoleBinding)> {
    Level::ALL.into_iter().map(|level| (role(tenant, valid, level), binding(tenant, valid, level))).collect()
}

fn role(tenant: &Tenant, valid: &Validated, level: Level) -> Role {
    let mut rules = Vec::new();
    let mut may = |verbs: &[&str], group: &str, resources: &[&str]| {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        rules.push(PolicyRule {
            api_groups: Some(texts(&[group])),
            resources: Some(texts(resources)),
            verbs: texts(verbs),
            ..PolicyRule::default()
        });
    };
    let read = ["get", "list", "watch"];
    may(&read, GROUP, &["lambdafunctions", "lambdafunctions/status"]);
    may(&read, "serving.knative.dev", &["services", "revisions", "routes", "configurations"]);
    may(&read, "eventing.knative.dev", &["brokers", "triggers"]);
    may(&read, "", &["pods", "pods/log", "events", "resourcequotas", "limitranges"]);
    may(&read, "batch", &["jobs"]);
    if level >= Level::Developer {
        let write = ["create", "update", "patch", "delete"];
        may(&write, GROUP, &["lambdafunctions"]);
        // Values go in and never come out: no get, no list, no watch.
        may(&write, "", &["secrets"]);
        may(&["delete"], "batch", &["jobs"]);
    }
    if level >= Level::Owner {
        may(&read, RBAC, &["roles", "rolebindings"]);
        may(&read, "networking.k8s.io", &["networkpolicies"]);
    }
    Role { metadata: owned(tenant, valid, &name(level)), rules: Some(rules) }
}

fn binding(tenant: &Tenant, valid: &Validated, level: Level) -> RoleBinding {
    let members = tenant.spec.members.iter().filter(|member| member.role == level);
    let subjects: Vec<_> = members.filter_map(subject).collect();
    RoleBinding {
        metadata: owned(tenant, valid, &name(level)),
        role_ref: RoleRef { api_group: Some(RBAC.to_owned()), kind: "Role".to_owned(), name: name(level) },
        subjects: Some(subjects),
    }
}

fn name(level: Level) -> String {
    format!("tenant-{}", level.as_str())
}

fn subject(member: &Member) -> Option<Subject> {
    let (kind, name) = match (&member.user, &member.group) {
        (Some(user), None) => ("User", user),
        (None, Some(group)) => ("Group", group),
        _ => return None,
    };
    // A member can never become one of the cluster's own users or groups.
    if name.starts_with("system:") {
        return None;
    }
    Some(Subject {
        api_group: Some(RBAC.to_owned()),
        kind: kind.to_owned(),
        name: name.clone(),
        namespace: None,
    })
}
