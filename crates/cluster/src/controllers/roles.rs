//! The roles that every cluster has, and ClusterRoles that take the rules of others.

mod defaults;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::api::status::ApiResult;
use crate::handle::Handle;
use crate::registry::object::Object;
use crate::registry::selector::LabelSelector;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Creates the roles and bindings of a new cluster; those that are there are left as they are.
pub(crate) async fn create_defaults(handle: &Handle) -> ApiResult<()> {
    for object in defaults::all() {
        match handle.create(object).await {
            Err(error) if error.reason() != "AlreadyExists" => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Keeps aggregated ClusterRoles at the sum of the roles that their selectors match, until `shutdown`.
pub(crate) async fn run(handle: Handle, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        shutdown.run_until_cancelled(follow(&handle)).await;
    }
}

/// Ends when changes were forgotten before they were read.
async fn follow(handle: &Handle) {
    let Ok(roles) = handle.resource(GROUP, "clusterroles") else { return };
    let (_, mut changes) = handle.list_and_watch(&roles);
    loop {
        let all = handle.list(&roles, None);
        let all: Vec<&Object> = all.iter().map(|stored| stored.object()).collect();
        for role in all.iter().filter(|role| is_aggregated(role)) {
            let sum = sum(role, &all);
            if role.at("/rules").unwrap_or(&Value::Null) == &sum {
                continue;
            }
            let written = handle.update(&roles, "", role.name(), |role| {
                role.value_mut()["rules"] = sum.clone();
                Ok(())
            });
            match written.await {
                Err(error) if error.reason() != "NotFound" => {
                    tracing::warn!(%error, role.name = role.name(), "a role could not be aggregated");
                }
                _ => {}
            }
        }
        if changes.next().await.is_err() {
            return;
        }
    }
}

fn is_aggregated(role: &Object) -> bool {
    role.at("/aggregationRule").is_some_and(Value::is_object)
}

/// The rules of all roles that are selected, by name, each once; null if there are none.
fn sum(role: &Object, all: &[&Object]) -> Value {
    let selectors = role.at("/aggregationRule/clusterRoleSelectors").and_then(Value::as_array);
    let selectors: Vec<LabelSelector> =
        selectors.into_iter().flatten().map(LabelSelector::from_object).collect();
    let mut parts: Vec<&&Object> = all
        .iter()
        .filter(|one| one.name() != role.name() && selectors.iter().any(|selector| selector.matches(one)))
        .collect();
    parts.sort_by_key(|one| one.name());
    let mut rules: Vec<Value> = Vec::new();
    for rule in parts.iter().flat_map(|one| one.at("/rules").and_then(Value::as_array).into_iter().flatten())
    {
        if !rules.contains(rule) {
            rules.push(rule.clone());
        }
    }
    if rules.is_empty() { Value::Null } else { Value::Array(rules) }
}
