//! From users to rules: the bindings that name a user, and the roles that they lead to.

use serde_json::Value;

use super::rule::{Action, Rule};
use super::user::{MASTERS, User};
use crate::api::Api;
use crate::registry::object::Object;
use crate::registry::{Key, Stored};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Whether something is allowed, and by which binding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub allowed: bool,
    /// Empty for members of `system:masters`, who need no binding.
    pub reason: String,
}

/// Decides about an action of a user.
pub fn decide(api: &Api, user: &User, action: &Action<'_>) -> Decision {
    if user.is_in(MASTERS) {
        return Decision { allowed: true, reason: String::new() };
    }
    let mut decision = Decision { allowed: false, reason: String::new() };
    visit(api, user, action.namespace(), &mut |source, rule| {
        if rule.allows(action) {
            decision = Decision { allowed: true, reason: format!("RBAC: allowed by {source}") };
        }
        decision.allowed
    });
    decision
}

/// All rules that a user has in a namespace, those of the whole cluster first.
pub fn rules_of(api: &Api, user: &User, namespace: &str) -> Vec<Rule> {
    let mut rules = Vec::new();
    visit(api, user, namespace, &mut |_, rule| {
        rules.push(rule.clone());
        false
    });
    rules
}

/// The rules of the role that a binding in `namespace` refers to; `None` if it is not there.
pub(super) fn rules_of_role(api: &Api, reference: &Value, namespace: &str) -> Option<Vec<Rule>> {
    let name = reference["name"].as_str().unwrap_or_default();
    let (plural, namespace) = match reference["kind"].as_str() {
        Some("Role") => ("roles", namespace),
        _ => ("clusterroles", ""),
    };
    let resources = api.registry.resources();
    let stored = api.registry.get(resources.find_plural(GROUP, plural)?, &Key::new(namespace, name))?;
    Some(rules(stored.object()))
}

/// The rules of a role; what cannot be read lets nothing in.
pub(super) fn rules(role: &Object) -> Vec<Rule> {
    let list = role.at("/rules").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|rule| serde_json::from_value(rule.clone()).ok()).collect()
}

/// Calls `done` with every rule and where it comes from, until it says so.
fn visit(api: &Api, user: &User, namespace: &str, done: &mut dyn FnMut(&str, &Rule) -> bool) {
    let resources = api.registry.resources();
    let list = |plural: &str, namespace: Option<&str>| -> Vec<std::sync::Arc<Stored>> {
        resources.find_plural(GROUP, plural).map_or_else(Vec::new, |one| api.registry.all(one, namespace))
    };
    let of_namespace = if namespace.is_empty() { Vec::new() } else { list("rolebindings", Some(namespace)) };
    for binding in list("clusterrolebindings", None).into_iter().chain(of_namespace) {
        let binding = binding.object();
        let mut subjects = binding.at("/subjects").and_then(Value::as_array).into_iter().flatten();
        let Some(subject) = subjects.find(|subject| is(user, subject, binding.namespace())) else {
            continue;
        };
        let Some(reference) = binding.at("/roleRef") else { continue };
        let Some(rules) = rules_of_role(api, reference, binding.namespace()) else { continue };
        let source = describe(binding, reference, subject);
        if rules.iter().any(|rule| done(&source, rule)) {
            return;
        }
    }
}

fn is(user: &User, subject: &Value, namespace: &str) -> bool {
    let name = subject["name"].as_str().unwrap_or_default();
    match subject["kind"].as_str() {
        Some("User") => user.name == name,
        Some("Group") => user.is_in(name),
        Some("ServiceAccount") => {
            let namespace = subject["namespace"].as_str().unwrap_or(namespace);
            user.name == format!("system:serviceaccount:{namespace}:{name}")
        }
        _ => false,
    }
}

fn describe(binding: &Object, reference: &Value, subject: &Value) -> String {
    let text = |value: &Value, field: &str| value[field].as_str().unwrap_or_default().to_owned();
    let bound = if binding.namespace().is_empty() {
        binding.name().to_owned()
    } else {
        format!("{}/{}", binding.name(), binding.namespace())
    };
    let mut name = text(subject, "name");
    if subject["kind"] == "ServiceAccount" {
        let namespace = subject["namespace"].as_str().unwrap_or(binding.namespace());
        name = format!("{name}/{namespace}");
    }
    format!(
        "{} \"{bound}\" of {} \"{}\" to {} \"{name}\"",
        binding.kind(),
        text(reference, "kind"),
        text(reference, "name"),
        text(subject, "kind"),
    )
}
