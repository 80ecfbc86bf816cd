//! What ought to be there, from what is wanted; pure.

mod access;
mod network;
mod quota;

use std::collections::BTreeMap;

use domain::{
    function::LABEL_TENANT,
    tenant::{FUNCTION_ACCOUNT, Tenant},
};
use k8s_openapi::{
    api::core::v1::{Namespace, ServiceAccount},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::{
    Resource,
    api::{ApiResource, DynamicObject, GroupVersionKind},
};
use serde::Serialize;

use super::validate::Validated;
use crate::Result;

/// One object as it ought to be.
pub(super) struct Desired {
    pub(super) kind: ApiResource,
    pub(super) object: DynamicObject,
}

/// The namespace first, because the rest lives in it.
pub(super) fn run(tenant: &Tenant, valid: &Validated) -> Result<Vec<Desired>> {
    let mut desired = vec![desired(&namespace(tenant, valid))?];
    desired.push(self::desired(&account(tenant, valid))?);
    desired.push(self::desired(&quota::quota(tenant, valid))?);
    desired.push(self::desired(&quota::limits(tenant, valid))?);
    desired.push(self::desired(&network::policy(tenant, valid))?);
    for (role, binding) in access::roles(tenant, valid) {
        desired.push(self::desired(&role)?);
        desired.push(self::desired(&binding)?);
    }
    Ok(desired)
}

fn desired<K: Resource<DynamicType = ()> + Serialize>(object: &K) -> Result<Desired> {
    let kind = GroupVersionKind::gvk(&K::group(&()), &K::version(&()), &K::kind(&()));
    let kind = ApiResource::from_gvk_with_plural(&kind, &K::plural(&()));
    let mut value = serde_json::to_value(object)?;
    value["apiVersion"] = kind.api_version.clone().into();
    value["kind"] = kind.kind.clone().into();
    Ok(Desired { object: serde_json::from_value(value)?, kind })
}

/// Name, namespace, our label, and the tenant as the owner.
fn owned(tenant: &Tenant, valid: &Validated, name: &str) -> ObjectMeta {
    ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(valid.name.to_string()),
        labels: Some(BTreeMap::from([(LABEL_TENANT.to_owned(), valid.name.to_string())])),
        owner_references: tenant.controller_owner_ref(&()).map(|owner| vec![owner]),
        ..ObjectMeta::default()
    }
}

fn namespace(tenant: &Tenant, valid: &Validated) -> Namespace {
    let mut metadata = owned(tenant, valid, valid.name.as_str());
    metadata.namespace = None;
    if !valid.owns_namespace {
        metadata.owner_references = None;
    }
    let labels = metadata.labels.get_or_insert_default();
    // What a Pod may ask of the machine, enforced by any Kubernetes.
    labels.insert("pod-security.kubernetes.io/enforce".to_owned(), "baseline".to_owned());
    Namespace { metadata, ..Namespace::default() }
}

/// Functions run as this account; it has no token, and nobody gave it a right.
fn account(tenant: &Tenant, valid: &Validated) -> ServiceAccount {
    ServiceAccount {
        metadata: owned(tenant, valid, FUNCTION_ACCOUNT),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}

#[cfg(test)]
mod tests;
