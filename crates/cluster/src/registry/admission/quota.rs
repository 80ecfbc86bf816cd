//! ResourceQuotas: what objects use, and refusal of what would be too much.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::Attributes;
use crate::api::status::{ApiError, ApiResult};
use crate::registry::Object;
use crate::registry::resource::Resource;
use crate::registry::storage::{Key, Registry, StoreError, Write};
use knative::Quantity;

/// Amounts by the names that quotas give them.
pub type Usage = BTreeMap<String, Quantity>;

/// Kinds of the core group that have a name of their own, beside `count/…`.
const COUNTED: [&str; 6] = [
    "configmaps",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
];

/// Counts a new object in every quota of its namespace, or refuses it: 403.
pub(super) async fn charge(attributes: &Attributes<'_>, object: &Value) -> ApiResult<()> {
    if !attributes.resource.namespaced {
        return Ok(());
    }
    let resources = attributes.registry.resources();
    let Some(quotas) = resources.find("", "v1", "resourcequotas") else { return Ok(()) };
    for quota in attributes.registry.all(quotas, Some(attributes.namespace)) {
        charge_one(attributes, quotas, &Key::of(quota.object()), object).await?;
    }
    Ok(())
}

async fn charge_one(
    attributes: &Attributes<'_>,
    quotas: &Resource,
    key: &Key,
    object: &Value,
) -> ApiResult<()> {
    loop {
        let Some(head) = attributes.registry.head(quotas, key) else { return Ok(()) };
        let quota = head.object();
        let hard = amounts(quota.at("/spec/hard"));
        let refuse = |why: String| Err(ApiError::forbidden(attributes.resource, attributes.name, &why));
        if let Some(missing) = unspecified(attributes.resource, object, &hard) {
            return refuse(format!("failed quota: {}: {missing}", quota.name()));
        }
        let asked: Usage = usage_of(attributes.resource, object)
            .into_iter()
            .filter(|(name, _)| hard.contains_key(name))
            .collect();
        if asked.is_empty() {
            return Ok(());
        }
        let mut used = match quota.at("/status/used") {
            Some(used) => amounts(Some(used)),
            None => used(attributes.registry, attributes.namespace, &hard),
        };
        let mut exceeded = Vec::new();
        for (name, amount) in &asked {
            let now = used.get(name).copied().unwrap_or(Quantity::ZERO);
            let then = now.plus(amount);
            if then > hard[name] {
                exceeded.push((name, amount, now));
            }
            used.insert(name.clone(), then);
        }
        if !exceeded.is_empty() {
            let list = |value: &dyn Fn(&str, &Quantity, Quantity) -> String| {
                exceeded
                    .iter()
                    .map(|(name, asked, now)| value(name, asked, *now))
                    .collect::<Vec<_>>()
                    .join(",")
            };
            return refuse(format!(
                "exceeded quota: {}, requested: {}, used: {}, limited: {}",
                quota.name(),
                list(&|name, asked, _| format!("{name}={asked}")),
                list(&|name, _, now| format!("{name}={now}")),
                list(&|name, _, _| format!("{name}={}", hard[name])),
            ));
        }
        if attributes.dry_run {
            return Ok(());
        }
        let mut charged = quota.clone();
        charged.set("status", status(&hard, &used));
        match attributes.registry.commit(quotas, key, Some(head.version()), Write::Put(charged)).await {
            Ok(_) => return Ok(()),
            Err(StoreError::Raced) => {}
            Err(error @ StoreError::Full) => {
                let code = StatusCode::INSUFFICIENT_STORAGE;
                return Err(ApiError::new(code, "InsufficientStorage", error.to_string()));
            }
            Err(error) => return Err(ApiError::internal(error.to_string())),
        }
    }
}

/// The status of a quota.
pub fn status(hard: &Usage, used: &Usage) -> Value {
    let text = |usage: &Usage| {
        let pairs = usage.iter().map(|(name, amount)| (name.clone(), Value::from(amount.to_string())));
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    json!({"hard": text(hard), "used": text(used)})
}

/// Reads `{"pods": "5", …}`.
pub fn amounts(value: Option<&Value>) -> Usage {
    let map = value.and_then(Value::as_object).into_iter().flatten();
    map.filter_map(|(name, amount)| Some((name.clone(), Quantity::parse(amount.as_str()?)?))).collect()
}

/// What the objects of a namespace use of what a quota limits.
pub fn used(registry: &Registry, namespace: &str, hard: &Usage) -> Usage {
    let mut total: Usage = hard.keys().map(|name| (name.clone(), Quantity::ZERO)).collect();
    for resource in registry.resources().storages() {
        if !resource.namespaced || !names_of(&resource).any(|name| hard.contains_key(&name)) {
            continue;
        }
        for stored in registry.all(&resource, Some(namespace)) {
            for (name, amount) in usage_of(&resource, stored.object().value()) {
                if let Some(sum) = total.get_mut(&name) {
                    *sum = sum.plus(&amount);
                }
            }
        }
    }
    total
}

/// All names under which objects of a resource can be counted.
fn names_of(resource: &Resource) -> impl Iterator<Item = String> + use<> {
    const COMPUTE: [&str; 10] = [
        "pods",
        "cpu",
        "memory",
        "ephemeral-storage",
        "requests.cpu",
        "requests.memory",
        "requests.ephemeral-storage",
        "limits.cpu",
        "limits.memory",
        "limits.ephemeral-storage",
    ];
    let own = COUNTED.contains(&resource.plural.as_str()) && resource.group.is_empty();
    let compute = if resource.is("", "pods") { &COMPUTE[..] } else { &[] };
    let names =
        [format!("count/{}", resource.qualified())].into_iter().chain(own.then(|| resource.plural.clone()));
    names.chain(compute.iter().map(|name| (*name).to_owned())).collect::<Vec<_>>().into_iter()
}

/// What one object uses.
fn usage_of(resource: &Resource, object: &Value) -> Usage {
    let one = Quantity::from_whole(1);
    let mut usage = Usage::from([(format!("count/{}", resource.qualified()), one)]);
    if resource.group.is_empty() && COUNTED.contains(&resource.plural.as_str()) {
        usage.insert(resource.plural.clone(), one);
    }
    let object = Object::from(object.clone());
    if resource.is("", "pods") && !matches!(object.text("/status/phase"), "Succeeded" | "Failed") {
        usage.insert("pods".to_owned(), one);
        for (field, prefix) in [("requests", "requests."), ("limits", "limits.")] {
            for (name, amount) in pod_total(object.at("/spec").unwrap_or(&Value::Null), field) {
                if field == "requests" {
                    usage.insert(name.clone(), amount);
                }
                usage.insert(format!("{prefix}{name}"), amount);
            }
        }
    }
    usage
}

/// The sum over the containers, or the largest init container where that is more.
fn pod_total(spec: &Value, field: &str) -> Usage {
    let mut total = Usage::new();
    for container in spec["containers"].as_array().into_iter().flatten() {
        for (name, amount) in amounts(container["resources"].get(field)) {
            let sum = total.entry(name).or_insert(Quantity::ZERO);
            *sum = sum.plus(&amount);
        }
    }
    for container in spec["initContainers"].as_array().into_iter().flatten() {
        for (name, amount) in amounts(container["resources"].get(field)) {
            let sum = total.entry(name).or_insert(Quantity::ZERO);
            *sum = (*sum).max(amount);
        }
    }
    total
}

/// What the containers of a Pod must say where a quota limits it, if they do not.
fn unspecified(resource: &Resource, object: &Value, hard: &Usage) -> Option<String> {
    if !resource.is("", "pods") {
        return None;
    }
    let mut missing: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in hard.keys() {
        let (field, amount) = match name.split_once('.') {
            Some(("requests", amount)) => ("requests", amount),
            Some(("limits", amount)) => ("limits", amount),
            None if matches!(name.as_str(), "cpu" | "memory") => ("requests", name.as_str()),
            _ => continue,
        };
        if !matches!(amount, "cpu" | "memory") {
            continue;
        }
        for list in ["containers", "initContainers"] {
            for container in object["spec"][list].as_array().into_iter().flatten() {
                if container["resources"][field].get(amount).is_none() {
                    missing.entry(name).or_default().push(container["name"].as_str().unwrap_or_default());
                }
            }
        }
    }
    if missing.is_empty() {
        return None;
    }
    let lines = missing.iter().map(|(name, containers)| format!("{name} for: {}", containers.join(",")));
    Some(format!("must specify {}", lines.collect::<Vec<_>>().join("; ")))
}
