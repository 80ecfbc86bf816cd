//! The roles and bindings of a new cluster: those of Kubernetes that people and charts refer to.

use serde_json::{Value, json};

const GROUP: &str = "rbac.authorization.k8s.io";
const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];

/// Core resources that editors write and viewers read.
const CORE: &[&str] = &[
    "configmaps",
    "endpoints",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "replicationcontrollers/scale",
    "serviceaccounts",
    "services",
];
const OTHERS: &[(&str, &[&str])] = &[
    (
        "apps",
        &[
            "daemonsets",
            "deployments",
            "deployments/scale",
            "replicasets",
            "replicasets/scale",
            "statefulsets",
            "statefulsets/scale",
        ],
    ),
    ("autoscaling", &["horizontalpodautoscalers"]),
    ("batch", &["cronjobs", "jobs"]),
    ("networking.k8s.io", &["ingresses", "networkpolicies"]),
    ("policy", &["poddisruptionbudgets"]),
    // What a real Knative adds to these roles when it is installed.
    ("serving.knative.dev", &["configurations", "revisions", "routes", "services"]),
];

/// In the order in which they are made.
pub(super) fn all() -> Vec<Value> {
    let health = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
    let discovery = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*"];
    let everyone = ["system:authenticated"];
    vec![
        role("cluster-admin", &[rule("*", &["*"], &["*"]), paths(&["*"], &["*"])]),
        role("system:public-info-viewer", &[paths(&health, &["get"])]),
        role("system:discovery", &[paths(&[&health[..], &discovery].concat(), &["get"])]),
        role(
            "system:basic-user",
            &[
                rule(
                    "authorization.k8s.io",
                    &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
                    &["create"],
                ),
                rule("authentication.k8s.io", &["selfsubjectreviews"], &["create"]),
            ],
        ),
        role(
            "system:auth-delegator",
            &[
                rule("authentication.k8s.io", &["tokenreviews"], &["create"]),
                rule("authorization.k8s.io", &["subjectaccessreviews"], &["create"]),
            ],
        ),
        part("view", &view()),
        part("edit", &edit()),
        part(
            "admin",
            &[
                rule("authorization.k8s.io", &["localsubjectaccessreviews"], &["create"]),
                rule(GROUP, &["rolebindings", "roles"], &[READ, WRITE].concat()),
            ],
        ),
        aggregated("view", &[]),
        aggregated("edit", &["admin"]),
        aggregated("admin", &[]),
        binding("cluster-admin", &["system:masters"]),
        binding("system:public-info-viewer", &["system:authenticated", "system:unauthenticated"]),
        binding("system:discovery", &everyone),
        binding("system:basic-user", &everyone),
    ]
}

/// Everything but Secrets, roles and bindings.
fn view() -> Vec<Value> {
    let more = [
        "bindings",
        "events",
        "limitranges",
        "namespaces/status",
        "pods/log",
        "pods/status",
        "resourcequotas",
    ];
    let mut rules = vec![rule("", CORE, READ), rule("", &more, READ), rule("", &["namespaces"], READ)];
    rules.extend(OTHERS.iter().map(|(group, resources)| rule(group, resources, READ)));
    rules.push(rule("discovery.k8s.io", &["endpointslices"], READ));
    rules.push(rule("events.k8s.io", &["events"], READ));
    rules
}

/// What viewers read, written; Secrets too, and acting as a service account, which comes to the same.
fn edit() -> Vec<Value> {
    let mut rules = vec![
        rule("", CORE, WRITE),
        rule("", &["secrets"], &[READ, WRITE].concat()),
        rule("", &["serviceaccounts"], &["impersonate"]),
        rule("", &["serviceaccounts/token"], &["create"]),
        rule("", &["events"], WRITE),
        rule("coordination.k8s.io", &["leases"], &[READ, WRITE].concat()),
    ];
    rules.extend(OTHERS.iter().map(|(group, resources)| rule(group, resources, WRITE)));
    rules
}

fn rule(group: &str, resources: &[&str], verbs: &[&str]) -> Value {
    json!({"verbs": verbs, "apiGroups": [group], "resources": resources})
}

fn paths(urls: &[&str], verbs: &[&str]) -> Value {
    json!({"verbs": verbs, "nonResourceURLs": urls})
}

fn object(kind: &str, name: &str) -> Value {
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}},
    })
}

fn role(name: &str, rules: &[Value]) -> Value {
    let mut role = object("ClusterRole", name);
    role["rules"] = rules.into();
    role
}

fn aggregates_to(name: &str) -> String {
    format!("rbac.authorization.k8s.io/aggregate-to-{name}")
}

/// A role whose rules go into the role `name` and into those above it.
fn part(name: &str, rules: &[Value]) -> Value {
    let mut role = role(&format!("system:aggregate-to-{name}"), rules);
    role["metadata"]["labels"][aggregates_to(name)] = "true".into();
    role
}

/// A role that is the sum of others, and is itself a part of those above it.
fn aggregated(name: &str, above: &[&str]) -> Value {
    let mut role = object("ClusterRole", name);
    let below: &[&str] = match name {
        "view" => &["view"],
        "edit" => &["view", "edit"],
        _ => &["view", "edit", "admin"],
    };
    let selectors: Vec<Value> =
        below.iter().map(|name| json!({"matchLabels": {aggregates_to(name): "true"}})).collect();
    role["aggregationRule"] = json!({"clusterRoleSelectors": selectors});
    role["rules"] = Value::Null;
    for name in above {
        role["metadata"]["labels"][aggregates_to(name)] = "true".into();
    }
    role
}

fn binding(name: &str, groups: &[&str]) -> Value {
    let mut binding = object("ClusterRoleBinding", name);
    binding["roleRef"] = json!({"apiGroup": GROUP, "kind": "ClusterRole", "name": name});
    binding["subjects"] =
        groups.iter().map(|group| json!({"kind": "Group", "apiGroup": GROUP, "name": group})).collect();
    binding
}
