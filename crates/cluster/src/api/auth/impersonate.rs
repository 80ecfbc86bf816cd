//! Acting as someone else: the `Impersonate-*` headers, and who may use them.

use std::collections::BTreeMap;

use http::HeaderMap;

use super::roles::decide;
use super::rule::Action;
use super::user::{AUTHENTICATED, UNAUTHENTICATED, User};
use crate::api::Api;
use crate::api::path::decode;
use crate::api::status::{ApiError, ApiResult};

const AUTHENTICATION: &str = "authentication.k8s.io";

/// Whom the headers of a request name; `None` if they name nobody.
pub(in crate::api) fn requested(headers: &HeaderMap) -> ApiResult<Option<User>> {
    let all = |name: &str| -> Vec<String> {
        headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect()
    };
    let one = |name: &str| all(name).into_iter().next().unwrap_or_default();
    let mut extra: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in headers.keys() {
        if let Some(key) = name.as_str().strip_prefix("impersonate-extra-") {
            extra.insert(decode(key).to_lowercase(), all(name.as_str()));
        }
    }
    let user = User {
        name: one("impersonate-user"),
        uid: one("impersonate-uid"),
        groups: all("impersonate-group"),
        extra,
    };
    if !user.name.is_empty() {
        return Ok(Some(user));
    }
    if user.uid.is_empty() && user.groups.is_empty() && user.extra.is_empty() {
        return Ok(None);
    }
    Err(ApiError::bad_request(format!("requested {} without impersonating a user name", in_go(&user))))
}

/// As a real server prints it here.
fn in_go(user: &User) -> String {
    let list = |list: &[String]| {
        let quoted: Vec<String> = list.iter().map(|one| format!("\"{one}\"")).collect();
        format!("[]string{{{}}}", quoted.join(", "))
    };
    let groups = if user.groups.is_empty() { "[]string(nil)".to_owned() } else { list(&user.groups) };
    let extra = if user.extra.is_empty() {
        "map[string][]string(nil)".to_owned()
    } else {
        let pairs: Vec<String> =
            user.extra.iter().map(|(key, values)| format!("\"{key}\":{}", list(values))).collect();
        format!("map[string][]string{{{}}}", pairs.join(", "))
    };
    format!("&user.DefaultInfo{{Name:\"\", UID:\"{}\", Groups:{groups}, Extra:{extra}}}", user.uid)
}

/// Whether `user` may act as `other`: by the old rule, for whatever it does then; or only for `action`.
pub(in crate::api) fn allowed(api: &Api, user: &User, other: &User, action: &Action<'_>) -> Permission {
    if old_rule(api, user, other) {
        return Permission::Granted;
    }
    let account = other.service_account_name();
    let mode = if account.is_some() { "serviceaccount" } else { "user-info" };
    let on = |verb: &str| format!("impersonate-on:{mode}:{verb}");
    let wanted = match *action {
        Action::Resource { verb, .. } | Action::Path { verb, .. } => on(verb),
    };
    let same = match *action {
        Action::Resource { group, resource, subresource, namespace, name, .. } => {
            Action::Resource { verb: &wanted, group, resource, subresource, namespace, name }
        }
        Action::Path { path, .. } => Action::Path { verb: &wanted, path },
    };
    if !decide(api, user, &same).allowed {
        return Permission::NotOn(wanted);
    }
    let verb = format!("impersonate:{mode}");
    let may = |resource: &str, namespace: &str, name: &str| {
        let action = Action::Resource {
            verb: &verb,
            group: AUTHENTICATION,
            resource,
            subresource: "",
            namespace,
            name,
        };
        decide(api, user, &action).allowed
    };
    let who = match account {
        Some((namespace, name)) => may("serviceaccounts", namespace, name),
        None => may("users", "", &other.name),
    };
    let granted = who
        && other.groups.iter().all(|group| may("groups", "", group))
        && (other.uid.is_empty() || may("uids", "", &other.uid))
        && other.extra.iter().all(|(key, values)| {
            let resource = format!("userextras/{key}");
            values.iter().all(|value| may(&resource, "", value))
        });
    if granted { Permission::Granted } else { Permission::NotAs(verb) }
}

/// The answer to [`allowed`].
pub(in crate::api) enum Permission {
    Granted,
    /// Not for this action; the verb that was missing.
    NotOn(String),
    /// Not this user; the verb that was missing.
    NotAs(String),
}

/// The verb `impersonate` on everything that makes up the other user.
fn old_rule(api: &Api, user: &User, other: &User) -> bool {
    let may = |group: &str, resource: &str, subresource: &str, namespace: &str, name: &str| {
        let action = Action::Resource { verb: "impersonate", group, resource, subresource, namespace, name };
        decide(api, user, &action).allowed
    };
    let who = match other.service_account_name() {
        Some((namespace, name)) => may("", "serviceaccounts", "", namespace, name),
        None => may("", "users", "", "", &other.name),
    };
    who && other.groups.iter().all(|group| may("", "groups", "", "", group))
        && (other.uid.is_empty() || may(AUTHENTICATION, "uids", "", "", &other.uid))
        && other
            .extra
            .iter()
            .all(|(key, values)| values.iter().all(|value| may(AUTHENTICATION, "userextras", key, "", value)))
}

/// The user with the groups that everyone has who is that user.
pub(in crate::api) fn complete(mut user: User) -> User {
    let mut groups = Vec::new();
    if user.name == User::ANONYMOUS {
        groups.push(UNAUTHENTICATED.to_owned());
    } else {
        // A service account that is impersonated with groups has those and no others.
        if let Some((namespace, _)) = user.service_account_name().filter(|_| user.groups.is_empty()) {
            groups.push("system:serviceaccounts".to_owned());
            groups.push(format!("system:serviceaccounts:{namespace}"));
        }
        groups.push(AUTHENTICATED.to_owned());
    }
    for group in groups {
        if !user.groups.contains(&group) {
            user.groups.push(group);
        }
    }
    user
}
