//! Nobody gives away more than they have: a role may only hold, and a binding only lead to, rules that its author
//! is covered for.

use std::collections::BTreeMap;

use super::roles::{decide, rules, rules_of, rules_of_role};
use super::rule::{Action, Rule, quoted};
use super::user::{MASTERS, User};
use crate::api::Api;
use crate::api::status::{ApiError, ApiResult};
use crate::registry::object::Object;
use crate::registry::resource::Resource;

/// 403 if `user` may not make a role or binding what it is to be. Other kinds pass.
pub fn check_escalation(
    api: &Api,
    user: &User,
    resource: &Resource,
    new: &Object,
    old: Option<&Object>,
) -> ApiResult<()> {
    let is_role = resource.is(super::RBAC, "roles") || resource.is(super::RBAC, "clusterroles");
    let is_binding =
        resource.is(super::RBAC, "rolebindings") || resource.is(super::RBAC, "clusterrolebindings");
    if user.is_in(MASTERS) || !(is_role || is_binding) {
        return Ok(());
    }
    let granted = if is_role {
        if old.is_some_and(|old| {
            rules(old) == rules(new) && old.at("/aggregationRule") == new.at("/aggregationRule")
        }) || may(api, user, "escalate", &resource.plural, new.namespace(), new.name())
        {
            return Ok(());
        }
        if new.at("/aggregationRule").is_some_and(|rule| !rule.is_null()) {
            let all = |urls: bool| {
                let star = || vec!["*".to_owned()];
                let empty = Vec::new;
                Rule {
                    verbs: star(),
                    api_groups: if urls { empty() } else { star() },
                    resources: if urls { empty() } else { star() },
                    non_resource_urls: if urls { star() } else { empty() },
                    ..Rule::default()
                }
            };
            if !uncovered(api, user, "", &[all(false), all(true)]).is_empty() {
                let why = "must have cluster-admin privileges to use the aggregationRule";
                return Err(ApiError::forbidden(resource, new.name(), why));
            }
        }
        rules(new)
    } else {
        let reference = new.at("/roleRef").cloned().unwrap_or_default();
        let plural = if reference["kind"] == "Role" { "roles" } else { "clusterroles" };
        let name = reference["name"].as_str().unwrap_or_default();
        let unchanged = old.is_some_and(|old| {
            old.at("/subjects") == new.at("/subjects") && old.at("/roleRef") == new.at("/roleRef")
        });
        if unchanged || may(api, user, "bind", plural, new.namespace(), name) {
            return Ok(());
        }
        rules_of_role(api, &reference, new.namespace()).ok_or_else(|| missing(api, plural, name))?
    };
    let missing = uncovered(api, user, new.namespace(), &granted);
    if missing.is_empty() {
        return Ok(());
    }
    let shown: Vec<String> = missing.iter().map(Rule::shown).collect();
    let why = format!(
        "user \"{}\" (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
        user.name,
        quoted(&user.groups, " "),
        shown.join("\n")
    );
    Err(ApiError::forbidden(resource, new.name(), &why))
}

fn may(api: &Api, user: &User, verb: &str, resource: &str, namespace: &str, name: &str) -> bool {
    let action = Action::Resource { verb, group: super::RBAC, resource, subresource: "", namespace, name };
    decide(api, user, &action).allowed
}

fn missing(api: &Api, plural: &str, name: &str) -> ApiError {
    let resources = api.registry.resources();
    resources
        .find_plural(super::RBAC, plural)
        .map_or_else(ApiError::no_such_resource, |one| ApiError::not_found(one, name))
}

/// What the user is not covered for, verbs of the same thing together, in order.
fn uncovered(api: &Api, user: &User, namespace: &str, granted: &[Rule]) -> Vec<Rule> {
    let own = rules_of(api, user, namespace);
    let mut found: BTreeMap<Rule, Vec<String>> = BTreeMap::new();
    for mut atom in granted.iter().flat_map(Rule::atoms) {
        if own.iter().any(|rule| rule.covers(&atom)) {
            continue;
        }
        let verbs = std::mem::take(&mut atom.verbs);
        found.entry(atom).or_default().extend(verbs);
    }
    let mut rules: Vec<Rule> = found.into_iter().map(|(rule, verbs)| Rule { verbs, ..rule }).collect();
    rules.sort_by_cached_key(|rule| (!rule.non_resource_urls.is_empty(), rule.shown()));
    rules
}
