//! The environment of a container: values, references to Secrets and ConfigMaps, fields of the Pod.

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::core::v1::{Container, EnvVarSource, ObjectFieldSelector, Pod};
use serde_json::Value;

use crate::handle::Handle;

/// Where references lead to.
pub(super) struct Sources<'a> {
    pub(super) handle: &'a Handle,
    pub(super) pod: &'a Pod,
}

type Data = BTreeMap<String, Vec<u8>>;

/// The variables of a container, below them those in `base`. The error is what a node says about a
/// Secret or ConfigMap that is not there.
pub(super) fn resolve(
    container: &Container,
    base: BTreeMap<String, String>,
    sources: &Sources<'_>,
) -> Result<BTreeMap<String, String>, String> {
    let mut all = base;
    for from in container.env_from.iter().flatten() {
        let (name, optional, secret) = match (&from.secret_ref, &from.config_map_ref) {
            (Some(secret), _) => (&secret.name, secret.optional, true),
            (None, Some(map)) => (&map.name, map.optional, false),
            (None, None) => continue,
        };
        let Some(data) = sources.data(name, optional == Some(true), secret)? else { continue };
        let prefix = from.prefix.as_deref().unwrap_or_default();
        all.extend(data.into_iter().map(|(key, value)| (format!("{prefix}{key}"), text(&value))));
    }
    for variable in container.env.iter().flatten() {
        let value = match (&variable.value, &variable.value_from) {
            (_, Some(from)) => match sources.value(from)? {
                Some(value) => value,
                None => continue,
            },
            (value, None) => expand(value.as_deref().unwrap_or_default(), &all),
        };
        all.insert(variable.name.clone(), value);
    }
    Ok(all)
}

/// Puts variables in for `$(NAME)`; `$$` is a dollar sign, an unknown name stays as it is.
pub(super) fn expand(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        out.push_str(&rest[..dollar]);
        rest = &rest[dollar + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            out.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match variables.get(name) {
                Some(value) => out.push_str(value),
                None => out.push_str(&format!("$({name})")),
            }
            rest = after;
        } else {
            out.push('$');
        }
    }
    out + rest
}

impl Sources<'_> {
    fn namespace(&self) -> &str {
        self.pod.metadata.namespace.as_deref().unwrap_or_default()
    }

    /// What a Secret or ConfigMap holds; none if it is absent and may be.
    pub(super) fn data(&self, name: &str, optional: bool, secret: bool) -> Result<Option<Data>, String> {
        let plural = if secret { "secrets" } else { "configmaps" };
        let resource = self.handle.resource("", plural).map_err(|error| error.to_string())?;
        let Some(stored) = self.handle.get(&resource, self.namespace(), name) else {
            let kind = if secret { "secret" } else { "configmap" };
            return if optional { Ok(None) } else { Err(format!("{kind} \"{name}\" not found")) };
        };
        let entries = |field: &str| {
            let map = stored.object().at(field).and_then(Value::as_object).cloned().unwrap_or_default();
            map.into_iter().filter_map(|(key, value)| Some((key, value.as_str()?.to_owned())))
        };
        let decoded = |text: String| BASE64_STANDARD.decode(text).unwrap_or_default();
        if secret {
            return Ok(Some(entries("/data").map(|(key, value)| (key, decoded(value))).collect()));
        }
        let mut data: Data = entries("/data").map(|(key, value)| (key, value.into_bytes())).collect();
        data.extend(entries("/binaryData").map(|(key, value)| (key, decoded(value))));
        Ok(Some(data))
    }

    fn value(&self, from: &EnvVarSource) -> Result<Option<String>, String> {
        if let Some(field) = &from.field_ref {
            return Ok(Some(self.field(field)));
        }
        let (name, key, optional, secret) = match (&from.secret_key_ref, &from.config_map_key_ref) {
            (Some(secret), _) => (&secret.name, &secret.key, secret.optional == Some(true), true),
            (None, Some(map)) => (&map.name, &map.key, map.optional == Some(true), false),
            (None, None) => return Ok(None),
        };
        let Some(data) = self.data(name, optional, secret)? else { return Ok(None) };
        match data.get(key) {
            Some(value) => Ok(Some(text(value))),
            None if optional => Ok(None),
            None => {
                let kind = if secret { "Secret" } else { "ConfigMap" };
                Err(format!("couldn't find key {key} in {kind} {}/{name}", self.namespace()))
            }
        }
    }

    /// A field of the Pod as text, empty when there is no such field.
    pub(super) fn field(&self, selector: &ObjectFieldSelector) -> String {
        let metadata = &self.pod.metadata;
        let spec = self.pod.spec.as_ref();
        let owned = |text: Option<&String>| text.cloned().unwrap_or_default();
        match selector.field_path.as_str() {
            "metadata.name" => owned(metadata.name.as_ref()),
            "metadata.namespace" => owned(metadata.namespace.as_ref()),
            "metadata.uid" => owned(metadata.uid.as_ref()),
            "spec.nodeName" => owned(spec.and_then(|spec| spec.node_name.as_ref())),
            "spec.serviceAccountName" => owned(spec.and_then(|spec| spec.service_account_name.as_ref())),
            "status.podIP" | "status.podIPs" | "status.hostIP" | "status.hostIPs" => "127.0.0.1".into(),
            path => {
                let entry = |prefix: &str| path.strip_prefix(prefix)?.strip_suffix("']");
                let label = entry("metadata.labels['").and_then(|key| metadata.labels.as_ref()?.get(key));
                let annotation =
                    entry("metadata.annotations['").and_then(|key| metadata.annotations.as_ref()?.get(key));
                owned(label.or(annotation))
            }
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_put_in_and_unknown_ones_stay() {
        let variables = BTreeMap::from([("A".to_owned(), "x".to_owned())]);
        assert_eq!(expand("$(A)-$(B)-$$(A)-$5-$", &variables), "x-$(B)-$(A)-$5-$");
    }
}
