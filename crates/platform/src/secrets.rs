//! Variables whose values nobody can read: one Secret per function, written, never read out.
//!
//! A new value gets a new key (`<variable>.<n>`), so that the reference in the spec changes, a new
//! Revision starts with it, and the Revisions before keep the values that they were made with. When an edit is
//! saved, what no Revision starts with any more goes, and of Revisions without traffic the oldest values when
//! all together take too much room.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    FieldError, FunctionName, TenantName, Timestamp,
    function::{EnvVar, LABEL_FUNCTION, LambdaFunction, SecretVar},
};
use k8s_openapi::{ByteString, api::core::v1::Secret};
use knative::serving::{Revision, annotation};
use kube::{
    Api, Resource, ResourceExt,
    api::{ListParams, ObjectMeta, PostParams},
};

use crate::{Error, Platform, Result, summary::timestamp, validate::is_env_name};

/// Most bytes of one value.
const MOST_BYTES: usize = 32 * 1024;

/// Bytes of values that are kept for Revisions without traffic: a Secret has 1 MiB.
const KEPT_BYTES: usize = 256 * 1024;

/// Name of the Secret with a function's values.
pub(crate) fn secret_name(function: &FunctionName) -> String {
    format!("{function}-env")
}

/// The variables of a spec that come from Secrets.
pub(crate) fn references(function: &LambdaFunction) -> impl Iterator<Item = (&EnvVar, &str, &str)> {
    function.spec.env.iter().filter_map(|var| {
        let selector = var.value_from.as_ref()?.secret_key_ref.as_ref()?;
        Some((var, selector.name.as_str(), selector.key.as_str()))
    })
}

impl Platform {
    /// What may be known of a function's secret variables.
    pub(crate) async fn secret_vars(
        &self,
        tenant: &TenantName,
        function: &LambdaFunction,
    ) -> Result<Vec<SecretVar>> {
        let api: Api<Secret> = Api::namespaced(self.kube().clone(), tenant.as_str());
        let names: BTreeSet<&str> = references(function).map(|(_, secret, _)| secret).collect();
        let mut secrets = BTreeMap::new();
        for name in names {
            if let Some(secret) = api.get_opt(name).await? {
                secrets.insert(name, secret);
            }
        }
        let vars = references(function).map(|(var, secret, key)| {
            let found = secrets.get(secret);
            let has_key = |found: &&Secret| found.data.as_ref().is_some_and(|data| data.contains_key(key));
            SecretVar {
                name: var.name.clone(),
                secret: secret.to_owned(),
                key: key.to_owned(),
                present: found.filter(has_key).is_some(),
                updated_at: found.and_then(changed_at),
            }
        });
        Ok(vars.collect())
    }

    /// Writes new values and gives the variables of the spec; a variable without a value keeps its own. Nothing
    /// is taken away yet: the spec may not be saved after all, and the present Revision starts with what is there.
    pub(crate) async fn write_secrets(
        &self,
        tenant: &TenantName,
        function: &LambdaFunction,
        wanted: &[(String, Option<String>)],
    ) -> Result<Vec<EnvVar>> {
        refuse_bad(function, wanted)?;
        let name: FunctionName = function.name_any().parse().map_err(Error::internal)?;
        let own = secret_name(&name);
        let api: Api<Secret> = Api::namespaced(self.kube().clone(), tenant.as_str());
        for _ in 0..10 {
            let present = api.get_opt(&own).await?;
            let mut data = present.as_ref().and_then(|secret| secret.data.clone()).unwrap_or_default();
            let env = merge(function, wanted, &own, &mut data);
            if present.as_ref().and_then(|secret| secret.data.as_ref()).unwrap_or(&BTreeMap::new()) == &data {
                return Ok(env);
            }
            let metadata = ObjectMeta {
                name: Some(own.clone()),
                labels: Some(BTreeMap::from([(LABEL_FUNCTION.to_owned(), name.to_string())])),
                owner_references: function.controller_owner_ref(&()).map(|owner| vec![owner]),
                resource_version: present.as_ref().and_then(ResourceExt::resource_version),
                ..ObjectMeta::default()
            };
            let secret =
                Secret { metadata, data: Some(data), type_: Some("Opaque".to_owned()), ..Secret::default() };
            let written = match present {
                None => api.create(&PostParams::default(), &secret).await,
                Some(_) => api.replace(&own, &PostParams::default(), &secret).await,
            };
            match written {
                Ok(_) => return Ok(env),
                Err(kube::Error::Api(status)) if status.code == 409 => {}
                Err(other) => return Err(other.into()),
            }
        }
        Err(Error::Conflict)
    }

    /// Takes away values that neither the spec before nor the one after an edit refers to, and that no Revision
    /// needs that has traffic or can get it back.
    pub(crate) async fn prune_secrets(
        &self,
        tenant: &TenantName,
        before: &LambdaFunction,
        after: &LambdaFunction,
    ) -> Result<()> {
        let name: FunctionName = after.name_any().parse().map_err(Error::internal)?;
        let own = secret_name(&name);
        let api: Api<Secret> = Api::namespaced(self.kube().clone(), tenant.as_str());
        let Some(mut secret) = api.get_opt(&own).await? else { return Ok(()) };
        let revisions: Api<Revision> = Api::namespaced(self.kube().clone(), tenant.as_str());
        let of_function = ListParams::default().labels(&format!("{}={name}", annotation::SERVICE));
        let mut revisions = revisions.list(&of_function).await?.items;
        revisions.sort_by_key(|revision| std::cmp::Reverse(revision.creation_timestamp()));
        let mut data = secret.data.take().unwrap_or_default();
        if !prune([before, after], &revisions, &own, &mut data) {
            return Ok(());
        }
        secret.data = Some(data);
        match api.replace(&own, &PostParams::default(), &secret).await {
            // Somebody writes it at this moment: what is too much goes with the next edit.
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
            other => Ok(other.map(drop)?),
        }
    }
}

/// Keeps what the functions and the Revisions, newest first, refer to in the Secret `own`; says whether anything
/// went.
fn prune(
    functions: [&LambdaFunction; 2],
    revisions: &[Revision],
    own: &str,
    data: &mut BTreeMap<String, ByteString>,
) -> bool {
    let named = functions.into_iter().flat_map(references);
    let mut used: BTreeSet<String> =
        named.filter(|(_, secret, _)| *secret == own).map(|(_, _, key)| key.to_owned()).collect();
    let serving: BTreeSet<&str> = functions.into_iter().flat_map(with_traffic).collect();
    let (live, idle): (Vec<_>, Vec<_>) = revisions
        .iter()
        .partition(|revision| revision.metadata.name.as_deref().is_some_and(|name| serving.contains(name)));
    used.extend(live.into_iter().flat_map(|revision| keys_of(revision, own)));
    let mut room = KEPT_BYTES;
    for key in idle.into_iter().flat_map(|revision| keys_of(revision, own)) {
        let bytes = data.get(&key).map_or(0, |value| value.0.len());
        if used.contains(&key) {
            continue;
        }
        let Some(left) = room.checked_sub(bytes) else { break };
        room = left;
        used.insert(key);
    }
    let all = data.len();
    data.retain(|key, _| used.contains(key));
    data.len() < all
}

/// Revisions that get calls, or are to get them.
fn with_traffic(function: &LambdaFunction) -> impl Iterator<Item = &str> {
    let service = function.status.as_ref().and_then(|status| status.service_status.as_ref());
    let now = service.into_iter().flat_map(|service| &service.traffic);
    let latest = service.and_then(|service| service.latest_revision.as_deref());
    now.chain(&function.spec.traffic).filter_map(|share| share.revision_name.as_deref()).chain(latest)
}

/// Keys of the Secret `own` that a Revision starts with.
fn keys_of(revision: &Revision, own: &str) -> Vec<String> {
    let env = revision.spec.pod.containers.iter().flat_map(|container| container.env.iter().flatten());
    let keys = env.filter_map(|var| var.value_from.as_ref()?.secret_key_ref.as_ref());
    keys.filter(|key| key.name == own).map(|key| key.key.clone()).collect()
}

fn refuse_bad(function: &LambdaFunction, wanted: &[(String, Option<String>)]) -> Result<()> {
    let mut errors = Vec::new();
    let mut add = |name: &str, message: &str| {
        errors.push(FieldError { field: format!("secrets.{name}"), message: message.to_owned() });
    };
    for (at, (name, value)) in wanted.iter().enumerate() {
        let known = references(function).any(|(var, _, _)| var.name == *name);
        if !is_env_name(name) {
            add(name, "Use letters, digits, _, . and -, and begin with a letter or _.");
        } else if wanted[..at].iter().any(|(earlier, _)| earlier == name) {
            add(name, "This variable is there twice.");
        } else if value.is_none() && !known {
            add(name, "Write a value.");
        } else if value.as_ref().is_some_and(|value| value.len() > MOST_BYTES) {
            add(name, "A value can have at most 32 KiB.");
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// Puts the new values into `data`, and names the variables.
fn merge(
    function: &LambdaFunction,
    wanted: &[(String, Option<String>)],
    own: &str,
    data: &mut BTreeMap<String, ByteString>,
) -> Vec<EnvVar> {
    let mut env = Vec::new();
    for (name, value) in wanted {
        let present = references(function).find(|(var, _, _)| var.name == *name);
        match (value, present) {
            (None, Some((var, _, _))) => env.push(var.clone()),
            (None, None) => {}
            (Some(value), _) => {
                let newest = numbers(data, name).into_iter().next_back();
                let same = newest.map(|n| key(name, n)).filter(|key| data[key].0 == value.as_bytes());
                let key = same.unwrap_or_else(|| {
                    let key = key(name, newest.unwrap_or(0) + 1);
                    data.insert(key.clone(), ByteString(value.clone().into_bytes()));
                    key
                });
                env.push(EnvVar::secret(name, own, key));
            }
        }
    }
    env
}

fn key(name: &str, number: u64) -> String {
    format!("{name}.{number}")
}

fn number(key: &str, name: &str) -> Option<u64> {
    key.strip_prefix(name)?.strip_prefix('.')?.parse().ok()
}

fn numbers(data: &BTreeMap<String, ByteString>, name: &str) -> BTreeSet<u64> {
    data.keys().filter_map(|key| number(key, name)).collect()
}

fn changed_at(secret: &Secret) -> Option<Timestamp> {
    let written = secret.managed_fields().iter().filter_map(|entry| entry.time.as_ref()).map(timestamp);
    written.chain(secret.metadata.creation_timestamp.as_ref().map(timestamp)).max()
}

#[cfg(test)]
mod tests {
    use domain::function::{FunctionSpec, Language};

    use super::*;

    fn values(pairs: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect()
    }

    fn function(env: Vec<EnvVar>) -> LambdaFunction {
        let spec = FunctionSpec { env, ..FunctionSpec::inline(Language::Python, "x", None) };
        LambdaFunction::new("hello", spec)
    }

    #[test]
    fn a_new_value_gets_a_new_key_and_a_kept_one_stays() {
        let mut data = BTreeMap::new();
        let first = merge(
            &function(Vec::new()),
            &values(&[("A", Some("1")), ("B", Some("x"))]),
            "hello-env",
            &mut data,
        );
        let second = merge(
            &function(first.clone()),
            &values(&[("A", Some("2")), ("B", None)]),
            "hello-env",
            &mut data,
        );
        assert_ne!(first[0], second[0], "another reference, so that a new Revision starts");
        assert_eq!(first[1], second[1]);
        assert!(data.contains_key("A.1"), "the Revision before still needs it");
        let third = merge(&function(second.clone()), &values(&[("A", Some("3"))]), "hello-env", &mut data);
        prune([&function(second), &function(third)], &[], "hello-env", &mut data);
        assert_eq!(data.keys().collect::<Vec<_>>(), ["A.2", "A.3", "B.1"]);
    }

    #[test]
    fn a_save_that_is_refused_has_destroyed_no_value() {
        let mut data = BTreeMap::new();
        let wanted = values(&[("A", Some("1")), ("B", Some("x"))]);
        let env = merge(&function(Vec::new()), &wanted, "hello-env", &mut data);
        let before = data.clone();
        // B is left out, and the edit of the spec then meets a conflict.
        merge(&function(env.clone()), &values(&[("A", None)]), "hello-env", &mut data);
        assert_eq!(data, before);
        // Once it is saved, B stays for the Revision before, and goes with the next edit.
        let after = function(vec![env[0].clone()]);
        assert!(!prune([&function(env), &after], &[], "hello-env", &mut data));
        assert!(prune([&after, &after], &[], "hello-env", &mut data));
        assert_eq!(data.keys().collect::<Vec<_>>(), ["A.1"]);
    }

    #[test]
    fn a_revision_that_can_get_traffic_back_keeps_the_values_it_starts_with() {
        let revision = |name: &str, key: &str| {
            let from = serde_json::json!({"secretKeyRef": {"name": "hello-env", "key": key}});
            let env = serde_json::json!([{"name": "A", "valueFrom": from}]);
            let spec = serde_json::json!({"containers": [{"name": "c", "env": env}]});
            let (api, kind) = ("serving.knative.dev/v1", "Revision");
            let value = serde_json::json!({"apiVersion": api, "kind": kind, "metadata": {"name": name}, "spec": spec});
            serde_json::from_value::<Revision>(value).unwrap()
        };
        // Newest first; the oldest has traffic.
        let revisions = ["4", "3", "2", "1"].map(|n| revision(&format!("hello-{n}"), &format!("A.{n}")));
        let value = |bytes: usize| ByteString(vec![b'x'; bytes]);
        let mut data: BTreeMap<_, _> = (1..=5).map(|n| (format!("A.{n}"), value(1))).collect();
        let mut after = function(vec![EnvVar::secret("A", "hello-env", "A.4")]);
        after.spec.traffic =
            serde_json::from_str(r#"[{"revisionName": "hello-1", "percent": 100}]"#).unwrap();
        assert!(prune([&after, &after], &revisions, "hello-env", &mut data));
        assert_eq!(data.keys().collect::<Vec<_>>(), ["A.1", "A.2", "A.3", "A.4"]);
        // Large values push out the oldest of those without traffic.
        data.insert("A.3".to_owned(), value(KEPT_BYTES - 1));
        data.insert("A.2".to_owned(), value(2));
        assert!(prune([&after, &after], &revisions, "hello-env", &mut data));
        assert_eq!(data.keys().collect::<Vec<_>>(), ["A.1", "A.3", "A.4"]);
    }

    #[test]
    fn the_same_value_again_changes_nothing() {
        let mut data = BTreeMap::new();
        let first = merge(&function(Vec::new()), &values(&[("A", Some("1"))]), "hello-env", &mut data);
        let before = data.clone();
        let second = merge(&function(first.clone()), &values(&[("A", Some("1"))]), "hello-env", &mut data);
        assert_eq!((first, before), (second, data));
    }

    #[test]
    fn a_variable_that_has_no_value_yet_needs_one() {
        assert!(refuse_bad(&function(Vec::new()), &values(&[("A", None)])).is_err());
        let present = function(vec![EnvVar::secret("A", "shared", "key")]);
        assert!(refuse_bad(&present, &values(&[("A", None)])).is_ok());
    }
}
