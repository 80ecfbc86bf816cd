//! Conditions from facts, and the phase from conditions.

use domain::function::{ConditionStatus, FunctionStatus, Phase, QUEUED, condition};

use super::{Draft, Facts};
use crate::function::build::Plan;

/// Condition reason of what the cluster does not take.
pub(crate) const REFUSED: &str = "Refused";

pub(super) fn derive(draft: &mut Draft<'_>, facts: &Facts<'_>) {
    use ConditionStatus::{False, True, Unknown};
    match &facts.invalid {
        Some(why) => draft.set_condition(condition::SOURCE_READY, False, "InvalidSpec", why),
        None => draft.set_condition(condition::SOURCE_READY, True, "Valid", ""),
    }
    let (status, reason, message) = match &facts.applied.job_refused {
        Some(why) => (False, REFUSED.to_owned(), format!("The cluster refuses the build's Job: {why}")),
        None => build(draft.status(), facts.plan),
    };
    draft.set_condition(condition::BUILD_READY, status, &reason, &message);
    let eventing = condition::EVENTING_READY;
    match facts.applied.queue_ready {
        Some(true) => draft.set_condition(eventing, True, "QueueDeclared", ""),
        Some(false) => {
            draft.set_condition(
                eventing,
                Unknown,
                "BusUnavailable",
                "The function's queue is not there yet.",
            );
        }
        // Nobody looked: it stays what it was.
        None if draft.status().condition(eventing).is_some() => {}
        None => draft.set_condition(eventing, Unknown, "InvalidSpec", "The spec must be corrected first."),
    }
    deploy(draft, facts);
    service(draft, facts);
    summary(draft);
}

fn build(status: &FunctionStatus, plan: &Plan) -> (ConditionStatus, String, String) {
    let of = |status, reason: &str, message: &str| (status, reason.to_owned(), message.to_owned());
    match plan {
        Plan::Invalid => of(ConditionStatus::Unknown, "InvalidSpec", "The spec must be corrected first."),
        Plan::Given { .. } => of(ConditionStatus::True, "ImageGiven", ""),
        Plan::Built { .. } | Plan::Completed { .. } => of(ConditionStatus::True, "Built", ""),
        Plan::Queued { position, .. } => {
            let message = format!("Waits for a build place; number {position} in the queue.");
            of(ConditionStatus::Unknown, QUEUED, &message)
        }
        Plan::Start { .. } | Plan::Running => of(ConditionStatus::Unknown, "Building", "The build runs."),
        Plan::Failed { .. } | Plan::Cancelled { .. } | Plan::Withdrawn { .. } | Plan::Ended => {
            let error = status.build_status.as_ref().and_then(|build| build.error.clone());
            let (code, message) = error.map_or_else(Default::default, |error| (error.code, error.message));
            of(ConditionStatus::False, &camel_case(&code), &message)
        }
    }
}

/// `dependency_error` → `DependencyError`.
fn camel_case(code: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_ascii_uppercase().to_string() + letters.as_str())
            .unwrap_or_default()
    };
    let words: String = code.split('_').map(capital).collect();
    if words.is_empty() { "Failed".to_owned() } else { words }
}

/// Whether the Service has the present image and settings.
fn deploy(draft: &mut Draft<'_>, facts: &Facts<'_>) {
    if let Some(why) = &facts.applied.service_refused {
        let message = format!("The cluster refuses the Service: {why}");
        return draft.set_condition(condition::DEPLOY_READY, ConditionStatus::False, REFUSED, &message);
    }
    match (facts.plan.image(), &facts.applied.service) {
        (Some(_), Some(_)) => {
            draft.set_condition(condition::DEPLOY_READY, ConditionStatus::True, "Applied", "");
        }
        (None, Some(_)) => draft.set_condition(
            condition::DEPLOY_READY,
            ConditionStatus::False,
            condition::NOT_LIVE_YET,
            "The newest source is not deployed; the last good one runs.",
        ),
        (_, None) => {
            draft.set_condition(
                condition::DEPLOY_READY,
                ConditionStatus::Unknown,
                "NotDeployed",
                "Nothing is deployed yet.",
            );
        }
    }
}

/// What the Service says of itself.
fn service(draft: &mut Draft<'_>, facts: &Facts<'_>) {
    let kind = condition::SERVICE_READY;
    let Some(service) = &facts.applied.service else {
        draft.set_condition(kind, ConditionStatus::Unknown, "NotDeployed", "Nothing is deployed yet.");
        return;
    };
    if service.is_ready() {
        draft.set_condition(kind, ConditionStatus::True, "Ready", "");
        return;
    }
    let observed =
        service.status.as_ref().and_then(|status| status.observed_generation) == service.metadata.generation;
    match service.condition("Ready").filter(|_| observed) {
        Some(ready) => {
            let reason = ready.reason.clone().filter(|reason| !reason.is_empty());
            let message = ready.message.clone().unwrap_or_default();
            let status = if ready.is_false() { ConditionStatus::False } else { ConditionStatus::Unknown };
            draft.set_condition(kind, status, reason.as_deref().unwrap_or("Deploying"), &message);
        }
        None => draft.set_condition(kind, ConditionStatus::Unknown, "Deploying", "The new Revision starts."),
    }
}

const PARTS: [&str; 5] = [
    condition::SOURCE_READY,
    condition::BUILD_READY,
    condition::EVENTING_READY,
    condition::DEPLOY_READY,
    condition::SERVICE_READY,
];

/// Ready is the first part that is False, else the first that is Unknown, else True.
fn summary(draft: &mut Draft<'_>) {
    let parts = || PARTS.iter().filter_map(|kind| draft.status().condition(kind));
    let worst = parts()
        .find(|part| part.status == ConditionStatus::False)
        .or_else(|| parts().find(|part| part.status == ConditionStatus::Unknown))
        .cloned();
    match worst {
        Some(part) => draft.set_condition(condition::READY, part.status, &part.reason, &part.message),
        None => draft.set_condition(condition::READY, ConditionStatus::True, "Ready", ""),
    }
}

/// The phase, its reason and its sentence.
pub(super) fn phase(status: &FunctionStatus) -> (Phase, String, String) {
    let is = |kind: &str, wanted| status.condition(kind).filter(|condition| condition.status == wanted);
    let told = |phase, condition: &domain::function::Condition| {
        (phase, condition.reason.clone(), condition.message.clone())
    };
    for kind in [condition::SOURCE_READY, condition::BUILD_READY] {
        if let Some(failed) = is(kind, ConditionStatus::False) {
            return told(Phase::Failed, failed);
        }
    }
    if let Some(build) = is(condition::BUILD_READY, ConditionStatus::Unknown) {
        return told(if build.reason == QUEUED { Phase::Pending } else { Phase::Building }, build);
    }
    for kind in [condition::DEPLOY_READY, condition::SERVICE_READY] {
        if let Some(failed) = is(kind, ConditionStatus::False) {
            return told(Phase::Failed, failed);
        }
    }
    match status.condition(condition::READY) {
        Some(ready) if ready.status == ConditionStatus::True => told(Phase::Ready, ready),
        Some(ready) => told(Phase::Deploying, ready),
        None => (Phase::Pending, "Pending".to_owned(), String::new()),
    }
}
