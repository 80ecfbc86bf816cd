//! What can be known before a function is created or its settings are saved: the tenant's quota, where
//! images go, the Secrets that are referred to. For people to read; the cluster enforces it by itself.

use async_trait::async_trait;
use domain::{
    FunctionName, TenantName,
    function::LambdaFunction,
    identity::{Caller, Permission},
    preflight::{Check, Verdict},
};
use k8s_openapi::api::core::v1::{ResourceQuota, Secret};
use knative::Quantity;
use kube::{Api, api::ListParams};

use crate::{Platform, Result, functions::not_found, secrets::references};

/// A quota that is used to this part deserves a word.
const NEARLY: f64 = 0.9;

/// Where builds put their images.
#[async_trait]
pub trait ImageStore: Send + Sync + 'static {
    /// Whether a build could put an image there now, with words for people.
    async fn check(&self) -> (Verdict, String);
}

impl Platform {
    /// What a new function would meet.
    pub async fn preflight(&self, caller: &Caller, tenant: &TenantName) -> Result<Vec<Check>> {
        self.authorize(caller, tenant, Permission::Read)?;
        let (verdict, found) = self.images().check().await;
        let mut checks = vec![Check::new("Images", verdict, found)];
        checks.extend(self.quotas(tenant).await?);
        Ok(checks)
    }

    /// The same for a function that is there, with the Secrets that it refers to.
    pub async fn preflight_of(
        &self,
        caller: &Caller,
        tenant: &TenantName,
        name: &FunctionName,
    ) -> Result<Vec<Check>> {
        let mut checks = self.preflight(caller, tenant).await?;
        let function = self.functions_api(tenant).get(name.as_str()).await.map_err(not_found)?;
        checks.extend(self.secret_references(tenant, &function).await?);
        Ok(checks)
    }

    async fn quotas(&self, tenant: &TenantName) -> Result<Vec<Check>> {
        let api: Api<ResourceQuota> = Api::namespaced(self.kube().clone(), tenant.as_str());
        let quotas = api.list(&ListParams::default()).await?;
        let rows: Vec<Check> = quotas
            .iter()
            .filter_map(|quota| quota.status.as_ref())
            .flat_map(|status| {
                let used = status.used.clone().unwrap_or_default();
                status.hard.clone().unwrap_or_default().into_iter().map(move |(name, hard)| {
                    let used = used.get(&name).map_or("0", |quantity| quantity.0.as_str());
                    quota_row(&name, used, &hard.0)
                })
            })
            .collect();
        if rows.is_empty() {
            return Ok(vec![Check::new("Quota", Verdict::Fine, "This tenant has no limits of its own.")]);
        }
        Ok(rows)
    }

    async fn secret_references(&self, tenant: &TenantName, function: &LambdaFunction) -> Result<Vec<Check>> {
        let api: Api<Secret> = Api::namespaced(self.kube().clone(), tenant.as_str());
        let mut checks = Vec::new();
        for (var, secret, key) in references(function) {
            let found = api.get_opt(secret).await?;
            let has = |found: &Secret| found.data.as_ref().is_some_and(|data| data.contains_key(key));
            let missing = match &found {
                None => format!("There is no Secret {secret}; instances can not start until there is one."),
                Some(found) if !has(found) => {
                    format!("The Secret {secret} has no key {key}; instances can not start until it has.")
                }
                Some(_) => continue,
            };
            checks.push(Check::new(var.name.clone(), Verdict::Blocked, missing));
        }
        if checks.is_empty() && references(function).next().is_some() {
            checks.push(Check::new("Secrets", Verdict::Fine, "All that are referred to are there."));
        }
        Ok(checks)
    }
}

fn quota_row(name: &str, used: &str, hard: &str) -> Check {
    let subject = format!("Quota of {}", name.strip_prefix("count/").unwrap_or(name));
    let part = match (Quantity::parse(used), Quantity::parse(hard)) {
        (Some(used), Some(hard)) if hard > Quantity::ZERO => used.value() / hard.value(),
        (_, Some(_)) => 1.0,
        _ => 0.0,
    };
    let (verdict, advice) = if part >= 1.0 {
        (Verdict::Blocked, ": nothing is left. Remove something or ask an administrator for more.")
    } else if part >= NEARLY {
        (Verdict::Doubtful, ": little is left.")
    } else {
        (Verdict::Fine, ".")
    };
    Check::new(subject, verdict, format!("{used} of {hard} used{advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_that_is_used_up_blocks_and_a_nearly_used_one_warns() {
        let verdict = |used, hard| quota_row("requests.memory", used, hard).verdict;
        assert_eq!(verdict("512Mi", "1Gi"), Verdict::Fine);
        assert_eq!(verdict("950m", "1"), Verdict::Doubtful);
        assert_eq!(verdict("1024Mi", "1Gi"), Verdict::Blocked);
        assert_eq!(verdict("0", "0"), Verdict::Blocked, "a quota of nothing");
        let row = quota_row("count/lambdafunctions.lambda.knative.io", "3", "10");
        assert_eq!(row.subject, "Quota of lambdafunctions.lambda.knative.io");
        assert_eq!(row.detail, "3 of 10 used.");
    }
}
