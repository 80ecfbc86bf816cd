//! From a verified identity token to a person.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::identity::User;
use serde_json::Value;

/// Most groups that are kept; those beyond it are left out.
const MOST_GROUPS: usize = 1000;

/// Where groups stand, and which of them administer the platform.
#[derive(Debug, Clone)]
pub(crate) struct Groups {
    path: String,
    admins: Vec<String>,
}

impl Groups {
    pub(super) fn new(path: &str, admins: &str) -> Self {
        let names = admins.split(',').map(str::trim).filter(|name| !name.is_empty());
        Self { path: path.to_owned(), admins: names.map(str::to_owned).collect() }
    }

    /// The groups of a person: a list, or one text.
    fn of(&self, claims: &Value) -> Vec<String> {
        // A claim may have dots or a URL as its name: the whole path is tried as a name first.
        let found = claims
            .get(&self.path)
            .or_else(|| self.path.split('.').try_fold(claims, |value, part| value.get(part)));
        match found {
            Some(Value::Array(items)) => {
                let names = items.iter().filter_map(Value::as_str).map(str::to_owned);
                names.take(MOST_GROUPS).collect()
            }
            Some(Value::String(one)) => vec![one.clone()],
            _ => Vec::new(),
        }
    }

    /// The person that verified claims tell of; roles come from the tenants at each request.
    pub(super) fn person(&self, claims: &Value) -> Option<User> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let subject = text("sub")?;
        let verified = matches!(claims.get("email_verified"), Some(Value::Bool(true)));
        let groups = self.of(claims);
        let shown = ["name", "preferred_username", "email"].into_iter().find_map(text).unwrap_or(subject);
        Some(User {
            id: person_id(subject),
            name: shown.chars().take(100).collect(),
            // Anyone can claim an address that nobody has checked.
            email: text("email").filter(|_| verified).map(str::to_owned),
            platform_admin: groups.iter().any(|group| self.admins.contains(group)),
            groups,
            roles: Vec::new(),
        })
    }
}

/// The id of a subject: never that of a local person or a script.
pub(super) fn person_id(subject: &str) -> String {
    format!("oidc:{subject}")
}

/// The claims of a token whose signature was checked before.
pub(super) fn payload(token: &str) -> Option<Value> {
    let part = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn groups_are_found_by_their_path_and_default_to_none() {
        let claims = json!({"sub": "7", "realm": {"roles": ["a", "b"]}, "https://x.org/groups": "one"});
        assert_eq!(Groups::new("realm.roles", "").of(&claims), ["a", "b"]);
        assert_eq!(Groups::new("https://x.org/groups", "").of(&claims), ["one"]);
        assert!(Groups::new("groups", "").of(&claims).is_empty());
    }

    #[test]
    fn only_members_of_an_admin_group_administer_and_only_checked_addresses_count() {
        let groups = Groups::new("groups", "ops, root");
        let person = |claims: Value| groups.person(&claims).unwrap();
        let ada = person(json!({"sub": "7", "email": "a@x.org", "email_verified": true, "groups": ["root"]}));
        assert_eq!(
            (ada.id.as_str(), ada.email.as_deref(), ada.platform_admin),
            ("oidc:7", Some("a@x.org"), true)
        );
        let bob = person(json!({"sub": "local:admin", "email": "a@x.org", "groups": ["roots"]}));
        assert_eq!((bob.id.as_str(), bob.email, bob.platform_admin), ("oidc:local:admin", None, false));
        assert!(
            !Groups::new("groups", "").person(&json!({"sub": "7", "groups": [""]})).unwrap().platform_admin
        );
        assert!(groups.person(&json!({"name": "nobody"})).is_none());
    }
}
