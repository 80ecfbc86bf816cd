//! What every Pod gets: a service account, a priority, patience with its node.

use serde_json::{Value, json};

use super::Attributes;
use crate::api::status::{ApiError, ApiResult};
use crate::registry::storage::Key;

/// Seconds for which a Pod stays on a node that is not ready or cannot be reached.
const PATIENCE: i64 = 300;

pub(super) fn admit(attributes: &Attributes<'_>, pod: &mut Value) -> ApiResult<()> {
    let account = account(attributes, pod)?;
    let spec = &mut pod["spec"];
    spec["serviceAccountName"] = account.name.as_str().into();
    spec["serviceAccount"] = account.name.into();
    if spec["imagePullSecrets"].is_null() && account.pull_secrets.is_array() {
        spec["imagePullSecrets"] = account.pull_secrets;
    }
    if spec["priority"].is_null() {
        spec["priority"] = 0.into();
    }
    if spec["preemptionPolicy"].is_null() {
        spec["preemptionPolicy"] = "PreemptLowerPriority".into();
    }
    tolerate(spec);
    Ok(())
}

struct Account {
    name: String,
    pull_secrets: Value,
}

/// The account that the Pod names, or the default one. That one may still be on its way.
fn account(attributes: &Attributes<'_>, pod: &Value) -> ApiResult<Account> {
    let given = pod["spec"]["serviceAccountName"].as_str().unwrap_or_default();
    let name = if given.is_empty() { "default" } else { given };
    let resources = attributes.registry.resources();
    let found = resources
        .find("", "v1", "serviceaccounts")
        .and_then(|accounts| attributes.registry.head(accounts, &Key::new(attributes.namespace, name)));
    if found.is_none() && name != "default" {
        let why = format!(
            "error looking up service account {}/{name}: serviceaccount \"{name}\" not found",
            attributes.namespace
        );
        return Err(ApiError::forbidden(attributes.resource, attributes.name, &why));
    }
    let pull_secrets = found.and_then(|stored| stored.object().at("/imagePullSecrets").cloned());
    Ok(Account { name: name.to_owned(), pull_secrets: pull_secrets.unwrap_or_default() })
}

fn tolerate(spec: &mut Value) {
    if !spec["tolerations"].is_array() {
        spec["tolerations"] = json!([]);
    }
    let Some(list) = spec["tolerations"].as_array_mut() else { return };
    for key in ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] {
        let covers = |one: &Value| {
            let (own, effect) =
                (one["key"].as_str().unwrap_or_default(), one["effect"].as_str().unwrap_or_default());
            (own == key || own.is_empty()) && (effect.is_empty() || effect == "NoExecute")
        };
        if !list.iter().any(covers) {
            list.push(json!({
                "key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": PATIENCE
            }));
        }
    }
}
