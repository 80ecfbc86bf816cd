//! What is told about a function: conditions, phase and events, in one write or none.

mod conditions;
mod draft;

pub(crate) use conditions::REFUSED;
pub(crate) use draft::{Draft, correlation_id, is_named};

use std::time::Duration;

use domain::{
    Timestamp,
    event::{EventType, FunctionChanged, HealthCheck, ServiceChanged},
    function::{
        ANNOTATION_ACTOR, BuildError, ConditionStatus, FunctionStatus, LambdaFunction, ServiceStatus,
        TrafficTarget, condition,
    },
};
use knative::serving::Service;
use kube::{
    Api, ResourceExt,
    api::{Patch, PatchParams},
    runtime::controller::Action,
};
use serde_json::json;

use super::{
    Context, PRUNE_AFTER,
    apply::{Applied, MANAGER},
    build::{CANCELLED, Plan, Superseded},
    validate::Invalid,
};
use crate::Result;

/// What the steps before have found and done.
pub(crate) struct Facts<'a> {
    pub(crate) invalid: Option<Invalid>,
    pub(crate) plan: &'a Plan,
    pub(crate) superseded: Option<&'a Superseded>,
    pub(crate) applied: &'a Applied,
    pub(crate) now: Timestamp,
}

/// The status as it ought to be; `None` when it already is.
pub(crate) fn derive(function: &LambdaFunction, facts: &Facts<'_>) -> Option<FunctionStatus> {
    let before = function.status.clone().unwrap_or_default();
    let mut draft = Draft::of(function, facts.now);
    tell_spec(&mut draft, function, &before);
    if let Some(superseded) = facts.superseded {
        draft.stop_build(superseded.why);
    }
    if facts.applied.job_refused.is_none() {
        tell_build(&mut draft, facts.plan);
    }
    tell_service(&mut draft, &before, facts);
    conditions::derive(&mut draft, facts);
    let (phase, reason, message) = conditions::phase(draft.status());
    draft.set_phase(phase, &reason, &message);
    tell_health(&mut draft, &before);
    let next = draft.finish();
    (next != before).then_some(next)
}

/// A new generation is a new or changed function.
fn tell_spec(draft: &mut Draft<'_>, function: &LambdaFunction, before: &FunctionStatus) {
    let generation = function.metadata.generation.unwrap_or_default();
    if generation == before.observed_generation {
        return;
    }
    let changed = FunctionChanged {
        generation,
        source: function.spec.source.kind.as_str().to_owned(),
        language: function.spec.runtime.as_ref().map(|runtime| runtime.language.as_str().to_owned()),
        actor: function.annotations().get(ANNOTATION_ACTOR).cloned(),
    };
    let first = before.observed_generation == 0;
    draft.emit(if first { EventType::FunctionCreated } else { EventType::FunctionUpdated }, &changed);
    draft.status_mut().observed_generation = generation;
}

fn tell_build(draft: &mut Draft<'_>, plan: &Plan) {
    match plan {
        Plan::Start { build } => draft.start_build(build),
        Plan::Completed { report } => draft.complete_build(report),
        Plan::Failed { error } => {
            let timeout = error.code == domain::build::FailureCategory::Timeout.as_str();
            draft.fail_build(
                error.clone(),
                if timeout { EventType::BuildTimeout } else { EventType::BuildFailed },
            );
        }
        Plan::Cancelled { .. } => draft.fail_build(cancelled(), EventType::BuildCancelled),
        Plan::Withdrawn { build } => draft.withdraw_build(build, cancelled()),
        Plan::Built { hash, .. } => draft.keep_build(hash),
        Plan::Invalid | Plan::Given { .. } | Plan::Queued { .. } | Plan::Running | Plan::Ended => {}
    }
}

fn cancelled() -> BuildError {
    BuildError { code: CANCELLED.to_owned(), message: "The build was cancelled.".to_owned(), retryable: true }
}

fn tell_service(draft: &mut Draft<'_>, before: &FunctionStatus, facts: &Facts<'_>) {
    let Some(service) = &facts.applied.service else {
        draft.status_mut().service_status = None;
        return;
    };
    let status = service_status(service, facts.applied);
    let old = before.service_status.as_ref();
    if let Some(image) = facts.plan.image() {
        let changed = ServiceChanged {
            service: service.name_any(),
            image: image.to_owned(),
            revision: status.latest_revision.clone(),
        };
        let new_revision = old.is_some_and(|old| {
            old.latest_revision.is_some() && old.latest_revision != status.latest_revision
        });
        let new_traffic = old.is_some_and(|old| !old.traffic.is_empty() && old.traffic != status.traffic);
        if old.is_none() {
            draft.emit(EventType::ServiceCreated, &changed);
        } else if new_revision || new_traffic {
            draft.emit(EventType::ServiceUpdated, &changed);
        }
    }
    draft.status_mut().service_status = Some(status);
}

fn service_status(service: &Service, applied: &Applied) -> ServiceStatus {
    let status = service.status.as_ref();
    let target = |target: &knative::serving::TrafficTarget| TrafficTarget {
        revision_name: target.revision_name.clone(),
        latest_revision: target.latest_revision,
        percent: target.percent.unwrap_or_default(),
        tag: target.tag.clone(),
    };
    let replicas =
        applied.revisions.iter().filter_map(|revision| revision.status.as_ref()?.actual_replicas).sum();
    ServiceStatus {
        service_name: service.name_any(),
        url: status.and_then(|status| status.url.clone()),
        ready: service.is_ready(),
        replicas,
        latest_revision: status.and_then(|status| status.latest_ready_revision_name.clone()),
        traffic: status.map(|status| status.traffic.iter().map(target).collect()).unwrap_or_default(),
    }
}

/// Readiness moved: to True, or away from it.
fn tell_health(draft: &mut Draft<'_>, before: &FunctionStatus) {
    let Some(ready) = draft.status().condition(condition::SERVICE_READY).cloned() else { return };
    let was_true = before.is_true(condition::SERVICE_READY);
    let was_false =
        before.condition(condition::SERVICE_READY).is_some_and(|old| old.status == ConditionStatus::False);
    let moved = match ready.status {
        ConditionStatus::True => !was_true,
        ConditionStatus::False => !was_false,
        ConditionStatus::Unknown => false,
    };
    if moved {
        let check = HealthCheck {
            ready: ready.status == ConditionStatus::True,
            reason: ready.reason,
            message: ready.message,
        };
        draft.emit(EventType::HealthCheck, &check);
    }
}

/// Writes the status if there is something to write, without the events that the bus has confirmed.
///
/// Confirmed events alone are no reason for a write at once: the next change takes them along, or, when
/// none comes, a write of their own a little later.
pub(crate) async fn write(
    function: &LambdaFunction,
    next: Option<FunctionStatus>,
    context: &Context,
) -> Result<Action> {
    let changed = next.is_some();
    let mut status = next.unwrap_or_else(|| function.status.clone().unwrap_or_default());
    let uid = function.uid().unwrap_or_default();
    let deleting = function.metadata.deletion_timestamp.is_some();
    let mut waited = Duration::ZERO;
    if let (Some((confirmed, since)), false) = (context.outbox.confirmed(&uid), deleting) {
        status.pending_events.retain(|pending| pending.event.sequence().unwrap_or_default() > confirmed);
        waited = since;
    }
    let pruned =
        function.status.as_ref().is_some_and(|old| old.pending_events.len() > status.pending_events.len());
    if changed || (pruned && waited >= PRUNE_AFTER) {
        let functions = Api::<LambdaFunction>::namespaced(
            context.client.clone(),
            &function.namespace().unwrap_or_default(),
        );
        // Null takes a field away that the new status does not have.
        let mut body =
            json!({"metadata": {"resourceVersion": function.resource_version()}, "status": status});
        null_out_removed(&mut body, function)?;
        let params = PatchParams { field_manager: Some(MANAGER.to_owned()), ..PatchParams::default() };
        functions.patch_status(&function.name_any(), &params, &Patch::Merge(body)).await?;
        context.story.tell(function, &status);
        return Ok(if status.pending_events.is_empty() {
            Action::await_change()
        } else {
            Action::requeue(PRUNE_AFTER)
        });
    }
    Ok(if pruned || !status.pending_events.is_empty() {
        Action::requeue(PRUNE_AFTER)
    } else {
        Action::await_change()
    })
}

/// A merge patch keeps what it does not name.
fn null_out_removed(body: &mut serde_json::Value, function: &LambdaFunction) -> Result<()> {
    let old = serde_json::to_value(&function.status)?;
    if let Some(status) = body.get_mut("status") {
        nulls(&old, status);
    }
    Ok(())
}

fn nulls(old: &serde_json::Value, new: &mut serde_json::Value) {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object_mut()) else { return };
    for (key, old) in old {
        match new.get_mut(key) {
            Some(new) => nulls(old, new),
            None => drop(new.insert(key.clone(), serde_json::Value::Null)),
        }
    }
}

#[cfg(test)]
mod tests;
