//! One rule of a role: what it lets in, and whether it covers another.

use serde::{Deserialize, Serialize};

/// `rbac.authorization.k8s.io/v1 PolicyRule`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Rule {
    pub verbs: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub api_groups: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_names: Vec<String>,
    #[serde(rename = "nonResourceURLs", skip_serializing_if = "Vec::is_empty")]
    pub non_resource_urls: Vec<String>,
}

/// What someone wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'a> {
    /// With objects. The verb, group, plural and namespace may be `*` where a review asks so.
    Resource {
        verb: &'a str,
        group: &'a str,
        resource: &'a str,
        subresource: &'a str,
        /// Empty at the scope of the cluster.
        namespace: &'a str,
        name: &'a str,
    },
    /// With a path that is no resource.
    Path { verb: &'a str, path: &'a str },
}

impl Action<'_> {
    pub(super) fn namespace(&self) -> &str {
        match self {
            Self::Resource { namespace, .. } => namespace,
            Self::Path { .. } => "",
        }
    }
}

impl Rule {
    pub(super) fn allows(&self, action: &Action<'_>) -> bool {
        match *action {
            Action::Resource { verb, group, resource, subresource, name, .. } => {
                has(&self.verbs, verb)
                    && has(&self.api_groups, group)
                    && self.names_resource(resource, subresource)
                    && (self.resource_names.is_empty() || self.resource_names.iter().any(|one| one == name))
            }
            Action::Path { verb, path } => has(&self.verbs, verb) && self.names_path(path),
        }
    }

    fn names_resource(&self, resource: &str, subresource: &str) -> bool {
        self.resources.iter().any(|named| match named.split_once('/') {
            None if named == "*" => true,
            None => subresource.is_empty() && named == resource,
            Some((plural, sub)) => {
                !subresource.is_empty() && sub == subresource && (plural == "*" || plural == resource)
            }
        })
    }

    fn names_path(&self, path: &str) -> bool {
        self.non_resource_urls.iter().any(|named| match named.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => named == path,
        })
    }

    /// The rule as rules with one element in each list, which only together say the same.
    pub(super) fn atoms(&self) -> Vec<Self> {
        let mut atoms = Vec::new();
        let one = |text: &String| vec![text.clone()];
        for verb in &self.verbs {
            for url in &self.non_resource_urls {
                atoms.push(Self { verbs: one(verb), non_resource_urls: one(url), ..Self::default() });
            }
            for (group, resource) in
                self.api_groups.iter().flat_map(|group| self.resources.iter().map(move |one| (group, one)))
            {
                let atom = Self {
                    verbs: one(verb),
                    api_groups: one(group),
                    resources: one(resource),
                    ..Self::default()
                };
                if self.resource_names.is_empty() {
                    atoms.push(atom);
                } else {
                    let named = |name| Self { resource_names: one(name), ..atom.clone() };
                    atoms.extend(self.resource_names.iter().map(named));
                }
            }
        }
        atoms
    }

    /// Whether everything that an atom lets in is let in here.
    pub(super) fn covers(&self, atom: &Self) -> bool {
        let all = |own: &[String], asked: &[String]| asked.iter().all(|one| has(own, one));
        let resources = atom.resources.iter().all(|asked| match asked.split_once('/') {
            Some((_, sub)) => {
                has(&self.resources, asked) || self.resources.iter().any(|own| *own == format!("*/{sub}"))
            }
            None => has(&self.resources, asked),
        });
        let names = self.resource_names.is_empty()
            || (!atom.resource_names.is_empty()
                && atom.resource_names.iter().all(|name| self.resource_names.contains(name)));
        let urls = atom.non_resource_urls.iter().all(|url| self.names_path(url));
        all(&self.verbs, &atom.verbs) && all(&self.api_groups, &atom.api_groups) && resources && names && urls
    }

    /// As refusals show it.
    pub(super) fn shown(&self) -> String {
        let parts = [
            ("APIGroups", &self.api_groups),
            ("Resources", &self.resources),
            ("NonResourceURLs", &self.non_resource_urls),
            ("ResourceNames", &self.resource_names),
            ("Verbs", &self.verbs),
        ];
        let shown: Vec<String> = parts
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(name, list)| format!("{name}:{}", quoted(list, ", ")))
            .collect();
        format!("{{{}}}", shown.join(", "))
    }
}

/// `["a"<between>"b"]`
pub(super) fn quoted(list: &[String], between: &str) -> String {
    let quoted: Vec<String> = list.iter().map(|one| format!("\"{one}\"")).collect();
    format!("[{}]", quoted.join(between))
}

fn has(list: &[String], asked: &str) -> bool {
    list.iter().any(|one| one == "*" || one == asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(verbs: &[&str], resources: &[&str], names: &[&str]) -> Rule {
        let owned = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect();
        Rule {
            verbs: owned(verbs),
            api_groups: owned(&[""]),
            resources: owned(resources),
            resource_names: owned(names),
            ..Rule::default()
        }
    }

    fn action<'a>(verb: &'a str, resource: &'a str, subresource: &'a str, name: &'a str) -> Action<'a> {
        Action::Resource { verb, group: "", resource, subresource, namespace: "n", name }
    }

    #[test]
    fn a_resource_and_its_subresources_are_held_apart() {
        let pods = rule(&["get"], &["pods"], &[]);
        assert!(pods.allows(&action("get", "pods", "", "p")));
        assert!(!pods.allows(&action("get", "pods", "log", "p")));
        assert!(!pods.allows(&action("list", "pods", "", "")));
        let logs = rule(&["get"], &["pods/log", "*/scale"], &[]);
        assert!(
            logs.allows(&action("get", "pods", "log", "p")) && !logs.allows(&action("get", "pods", "", "p"))
        );
        assert!(logs.allows(&action("get", "deployments", "scale", "d")));
        assert!(rule(&["*"], &["*"], &[]).allows(&action("get", "pods", "log", "p")));
    }

    #[test]
    fn a_rule_with_names_lets_no_list_in() {
        let mine = rule(&["get", "list"], &["secrets"], &["mine"]);
        assert!(mine.allows(&action("get", "secrets", "", "mine")));
        assert!(!mine.allows(&action("get", "secrets", "", "other")));
        assert!(!mine.allows(&action("list", "secrets", "", "")));
    }

    #[test]
    fn paths_may_end_in_a_star() {
        let urls = vec!["/api/*".to_owned(), "/version".to_owned()];
        let paths = Rule { verbs: vec!["get".into()], non_resource_urls: urls, ..Rule::default() };
        assert!(paths.allows(&Action::Path { verb: "get", path: "/api/v1" }));
        assert!(!paths.allows(&Action::Path { verb: "get", path: "/apis" }));
        assert!(!paths.allows(&Action::Path { verb: "post", path: "/version" }));
    }

    #[test]
    fn nobody_is_covered_for_more_than_they_have() {
        let own = rule(&["get", "list"], &["configmaps", "*/status"], &[]);
        let covered = |asked: Rule| asked.atoms().iter().all(|atom| own.covers(atom));
        assert!(covered(rule(&["get"], &["configmaps"], &["x"])));
        assert!(covered(rule(&["get"], &["pods/status"], &[])));
        assert!(!covered(rule(&["*"], &["configmaps"], &[])));
        assert!(!covered(rule(&["get"], &["*"], &[])));
        let named = rule(&["get"], &["secrets"], &["mine"]);
        assert!(!named.covers(&rule(&["get"], &["secrets"], &[]).atoms()[0]));
        assert_eq!(
            named.shown(),
            r#"{APIGroups:[""], Resources:["secrets"], ResourceNames:["mine"], Verbs:["get"]}"#
        );
    }
}
