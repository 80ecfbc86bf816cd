//! A LambdaFunction as lists show it.

use domain::{
    FunctionName, TenantName, Timestamp,
    function::{ConditionStatus, FunctionSummary, LambdaFunction, Phase, condition},
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;

/// The row of a function; none when its names are not the platform's.
pub(crate) fn summary(function: &LambdaFunction) -> Option<FunctionSummary> {
    let tenant: TenantName = function.namespace()?.parse().ok()?;
    let name: FunctionName = function.name_any().parse().ok()?;
    let service = function.status.as_ref().and_then(|status| status.service_status.as_ref());
    Some(FunctionSummary {
        tenant,
        name,
        phase: phase(function),
        reason: reason(function),
        language: function
            .spec
            .runtime
            .as_ref()
            .filter(|_| function.spec.source.builds())
            .map(|r| r.language),
        source: function.spec.source.kind,
        url: service.and_then(|service| service.url.clone()),
        replicas: service.map_or(0, |service| service.replicas),
        created_at: created_at(function),
        updated_at: updated_at(function),
        version: version(function),
    })
}

/// The phase as the operator derived it; a deletion shows before the operator has seen it.
pub(crate) fn phase(function: &LambdaFunction) -> Phase {
    if function.metadata.deletion_timestamp.is_some() {
        return Phase::Deleting;
    }
    function.status.as_ref().map(|status| status.phase).unwrap_or_default()
}

fn reason(function: &LambdaFunction) -> String {
    let status = function.status.as_ref();
    let ready = status.and_then(|status| status.condition(condition::READY));
    match ready {
        Some(ready) if ready.status != ConditionStatus::True => ready.message.clone(),
        _ => String::new(),
    }
}

/// A time of Kubernetes on our wire.
pub(crate) fn timestamp(time: &Time) -> Timestamp {
    Timestamp::from_millis(time.0.as_millisecond())
}

pub(crate) fn created_at(function: &LambdaFunction) -> Timestamp {
    function.metadata.creation_timestamp.as_ref().map(timestamp).unwrap_or_default()
}

/// The newest of: creation, a write of the spec, a change of a condition.
pub(crate) fn updated_at(function: &LambdaFunction) -> Timestamp {
    let conditions = function.status.iter().flat_map(|status| &status.conditions);
    let moved = conditions.filter_map(|condition| condition.last_transition_time.parse().ok());
    let written = function
        .managed_fields()
        .iter()
        .filter(|entry| entry.subresource.as_deref().is_none_or(str::is_empty))
        .filter_map(|entry| entry.time.as_ref().map(timestamp));
    moved.chain(written).chain([created_at(function)]).max().unwrap_or_default()
}

/// `<generation>-<resourceVersion>`: the first part is what a conflict check looks at, since a status
/// that moves on is no conflict with someone's edit; the second changes with everything.
pub(crate) fn version(function: &LambdaFunction) -> String {
    let generation = function.metadata.generation.unwrap_or_default();
    format!("{generation}-{}", function.metadata.resource_version.as_deref().unwrap_or_default())
}
