//! The most that a tenant may use, and what a container gets that asks for nothing.

use std::collections::BTreeMap;

use domain::tenant::{QUOTA_NAME, Tenant};
use k8s_openapi::{
    api::core::v1::{LimitRange, LimitRangeItem, LimitRangeSpec, ResourceQuota, ResourceQuotaSpec},
    apimachinery::pkg::api::resource::Quantity,
};

use super::owned;
use crate::tenant::validate::Validated;

pub(super) fn quota(tenant: &Tenant, valid: &Validated) -> ResourceQuota {
    let quota = &tenant.spec.quota;
    // Nothing new may start in a suspended tenant; what it has stays.
    let running = |number: i64| if tenant.spec.suspended { 0 } else { number };
    let mut hard = BTreeMap::from([
        ("count/lambdafunctions.lambda.knative.io".to_owned(), Quantity(quota.functions.to_string())),
        ("pods".to_owned(), Quantity(running(quota.pods).to_string())),
    ]);
    let amounts = [
        ("requests.cpu", &quota.cpu),
        ("requests.memory", &quota.memory),
        ("requests.storage", &quota.storage),
    ];
    for (name, amount) in amounts {
        if let Some(amount) = amount {
            hard.insert(name.to_owned(), Quantity(amount.clone()));
        }
    }
    ResourceQuota {
        metadata: owned(tenant, valid, QUOTA_NAME),
        spec: Some(ResourceQuotaSpec { hard: Some(hard), ..ResourceQuotaSpec::default() }),
        ..ResourceQuota::default()
    }
}

/// A quota on cpu or memory refuses a container that says nothing; this speaks for it.
pub(super) fn limits(tenant: &Tenant, valid: &Validated) -> LimitRange {
    let amounts = |cpu: &str, memory: &str| {
        let of = |name: &str, amount: &str| (name.to_owned(), Quantity(amount.to_owned()));
        Some(BTreeMap::from([of("cpu", cpu), of("memory", memory)]))
    };
    let item = LimitRangeItem {
        type_: "Container".to_owned(),
        default_request: amounts("50m", "64Mi"),
        ..LimitRangeItem::default()
    };
    LimitRange {
        metadata: owned(tenant, valid, QUOTA_NAME),
        spec: Some(LimitRangeSpec { limits: vec![item] }),
    }
}
