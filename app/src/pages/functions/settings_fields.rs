//! The fields of the Settings tab as they are typed: shown again as they were when one of them is wrong.

use domain::function::{EnvVar, FunctionDetail, ResourceList, Resources, Scaling, SettingsForm};

use super::traffic_rows::{Share, shares_of, shares_sent, targets};
use crate::{AppError, components::began::Began, form::Posted};

/// Text of every field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) env: Vec<(String, String)>,
    /// Secrets to take away.
    pub(super) removed: Vec<String>,
    /// Secrets that are there, for which a new value was typed: it is never sent back, so it must be typed again.
    pub(super) again: Vec<String>,
    /// Names of secrets that are not there yet; their values are never sent back.
    pub(super) new_secrets: Vec<String>,
    pub(super) min_replicas: String,
    pub(super) max_replicas: String,
    pub(super) target_concurrency: String,
    pub(super) container_concurrency: String,
    pub(super) grace: String,
    pub(super) timeout: String,
    pub(super) request_cpu: String,
    pub(super) request_memory: String,
    pub(super) limit_cpu: String,
    pub(super) limit_memory: String,
    pub(super) build_timeout: String,
    pub(super) shares: Vec<Share>,
}

impl Fields {
    /// What is set now.
    pub(super) fn of(detail: &FunctionDetail) -> Self {
        let (scaling, resources) = (&detail.scaling, &detail.resources);
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let plain = detail.env.iter().filter(|var| var.value_from.is_none());
        Self {
            env: plain.map(|var| (var.name.clone(), text(&var.value))).collect(),
            removed: Vec::new(),
            again: Vec::new(),
            new_secrets: Vec::new(),
            min_replicas: scaling.min_replicas.to_string(),
            max_replicas: scaling.max_replicas.to_string(),
            target_concurrency: scaling.target_concurrency.to_string(),
            container_concurrency: scaling.container_concurrency.to_string(),
            grace: scaling.scale_to_zero_grace_period.clone(),
            timeout: detail.timeout_seconds.to_string(),
            request_cpu: text(&resources.requests.cpu),
            request_memory: text(&resources.requests.memory),
            limit_cpu: text(&resources.limits.cpu),
            limit_memory: text(&resources.limits.memory),
            build_timeout: detail.build_timeout.clone(),
            shares: shares_of(&detail.traffic),
        }
    }

    /// What was sent.
    pub(super) fn sent(posted: &Posted, detail: &FunctionDetail) -> Self {
        let removed: Vec<String> = posted.all("secret_remove").map(str::to_owned).collect();
        let known = |name: &str| detail.secrets.iter().any(|secret| secret.name == name);
        let named = posted.all("secret_name").map(str::trim);
        Self {
            env: posted.pairs("env_name", "env_value"),
            again: typed_again(posted).filter(|name| known(name) && !removed.contains(name)).collect(),
            removed,
            new_secrets: named.filter(|name| !name.is_empty() && !known(name)).map(str::to_owned).collect(),
            min_replicas: posted.text("min_replicas"),
            max_replicas: posted.text("max_replicas"),
            target_concurrency: posted.text("target_concurrency"),
            container_concurrency: posted.text("container_concurrency"),
            grace: posted.text("grace"),
            timeout: posted.text("timeout"),
            request_cpu: posted.text("request_cpu"),
            request_memory: posted.text("request_memory"),
            limit_cpu: posted.text("limit_cpu"),
            limit_memory: posted.text("limit_memory"),
            build_timeout: posted.text("build_timeout"),
            shares: shares_sent(posted),
        }
    }

    /// What the platform is asked for, or all fields that are not what they should be.
    pub(super) fn read(&self, posted: &Posted, detail: &FunctionDetail) -> Result<SettingsForm, AppError> {
        let mut refused: Option<AppError> = None;
        let mut refuse = |error: AppError| match &mut refused {
            Some(AppError(first)) => first.errors.extend(error.0.errors),
            None => refused = Some(error),
        };
        let mut number = |text: &str, path: &str| {
            text.parse::<i32>().unwrap_or_else(|_| {
                refuse(AppError::invalid(path, format!("“{text}” is no whole number.")));
                0
            })
        };
        let scaling = Scaling {
            min_replicas: number(&self.min_replicas, "spec.scaling.minReplicas"),
            max_replicas: number(&self.max_replicas, "spec.scaling.maxReplicas"),
            target_concurrency: number(&self.target_concurrency, "spec.scaling.targetConcurrency"),
            container_concurrency: number(&self.container_concurrency, "spec.scaling.containerConcurrency")
                .into(),
            scale_to_zero_grace_period: self.grace.clone(),
        };
        let timeout_seconds = number(&self.timeout, "spec.timeoutSeconds").into();
        let traffic = targets(&self.shares, &detail.traffic).unwrap_or_else(|error| {
            refuse(error);
            Vec::new()
        });
        if posted.action() != "yaml" {
            let values = posted.pairs("secret_name", "secret_value");
            for name in &self.again {
                if values.iter().all(|(of, value)| of != name || value.is_empty()) {
                    let why = "Type the new value again, or keep the present one.";
                    refuse(AppError::invalid(&format!("secrets.{name}"), why));
                }
            }
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        let quantity = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let env = self.env.iter().map(|(name, value)| EnvVar::plain(name, value));
        // Variables from other objects are not in the form: they stay as they are.
        let referred = detail.env.iter().filter(|var| var.value_from.is_some()).cloned();
        let secrets = posted.pairs("secret_name", "secret_value").into_iter();
        Ok(SettingsForm {
            version: Began::sent(posted),
            env: env.chain(referred).collect(),
            secrets: secrets
                .filter(|(name, _)| !self.removed.contains(name))
                .map(|(name, value)| (name, Some(value).filter(|value| !value.is_empty())))
                .collect(),
            scaling,
            resources: Resources {
                requests: ResourceList {
                    cpu: quantity(&self.request_cpu),
                    memory: quantity(&self.request_memory),
                },
                limits: ResourceList { cpu: quantity(&self.limit_cpu), memory: quantity(&self.limit_memory) },
            },
            timeout_seconds,
            build_timeout: self.build_timeout.clone(),
            traffic,
        })
    }
}

/// Secrets whose new value was typed now, or before, and is not to be forgotten.
fn typed_again(posted: &Posted) -> impl Iterator<Item = String> {
    let typed = posted.pairs("secret_name", "secret_value").into_iter();
    let typed = typed.filter(|(_, value)| !value.is_empty()).map(|(name, _)| name);
    let before =
        posted.all("secret_again").filter(|name| posted.all("secret_keep").all(|kept| kept != *name));
    let mut names: Vec<String> = typed.chain(before.map(str::to_owned)).collect();
    names.sort();
    names.dedup();
    names.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posted(pairs: &[(&str, &str)]) -> Posted {
        Posted(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn again(pairs: &[(&str, &str)]) -> Vec<String> {
        typed_again(&posted(pairs)).collect()
    }

    #[test]
    fn a_new_value_for_a_present_secret_was_dropped_in_silence() {
        assert_eq!(again(&[("secret_name", "TOKEN"), ("secret_value", "new")]), ["TOKEN"]);
        // The form came back for another reason, and was sent once more with the blank row.
        let blank = [("secret_name", "TOKEN"), ("secret_value", ""), ("secret_again", "TOKEN")];
        assert_eq!(again(&blank), ["TOKEN"]);
        let kept = [&blank[..], &[("secret_keep", "TOKEN")]].concat();
        assert_eq!(again(&kept), [""; 0]);
        assert_eq!(again(&blank[..2]), [""; 0], "nothing was typed: blank keeps the present value");
    }
}
