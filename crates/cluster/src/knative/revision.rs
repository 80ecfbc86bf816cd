//! The status of a Revision, from its Pods and from what the autoscaler wants. Pure.

use std::time::Duration;

use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::SignedDuration};
use knative::{
    Condition, condition,
    serving::{ContainerStatus, Revision, RevisionStatus},
};

use super::{
    condition::{fails, holds, info, ready, stamp, unknown},
    pod::{Trouble, USER_CONTAINER},
};

const QUEUED: &str = "Requests to the target are being buffered as resources are provisioned.";
const NO_TRAFFIC: &str = "The target is not receiving traffic.";
const TIMED_OUT: &str = "The target could not be activated.";
const NEVER_ACHIEVED: &str = "Initial scale was never achieved";

/// What is known of the Pods of a Revision.
#[derive(Clone, Debug, Default)]
pub(super) struct Observed {
    /// Pods that serve.
    pub(super) ready: u32,
    /// Pods that are there or on their way, the ready ones included.
    pub(super) pods: u32,
    /// What the autoscaler wants; `None` before its first decision.
    pub(super) desired: Option<u32>,
    /// Pods that must be ready before the Revision is, the first time.
    pub(super) initial: u32,
    /// Why a Pod does not run, if one does not.
    pub(super) trouble: Option<Trouble>,
    /// Why no Pod could even be made, for example a quota.
    pub(super) refused: Option<String>,
}

/// Whether the Revision was ready once; after that it stays so, also with no Pod.
pub(super) fn was_ready(revision: &Revision) -> bool {
    let status = revision.status.as_ref();
    status.and_then(|s| condition::find(&s.conditions, "Ready")).is_some_and(Condition::is_true)
}

/// Whether the Revision is older than this.
pub(super) fn is_older(revision: &Revision, now: &Time, limit: Duration) -> bool {
    let Some(created) = &revision.metadata.creation_timestamp else { return false };
    let limit = SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX);
    now.0.duration_since(created.0) >= limit
}

/// What a Revision says about itself. `timed_out`: the progress deadline is over.
pub(super) fn status(revision: &Revision, seen: &Observed, timed_out: bool, now: &Time) -> RevisionStatus {
    let old = revision.status.clone().unwrap_or_default();
    let mut status = old.clone();
    status.observed_generation = revision.metadata.generation;

    if old.conditions.is_empty() && seen.pods == 0 {
        let healthy = unknown("ContainerHealthy", "", "");
        let resources = unknown("ResourcesAvailable", "ResolvingDigests", "");
        let summary = ready(&[&healthy, &resources], &[&resources, &healthy]);
        status.conditions = stamp(vec![healthy, resources, summary], &old.conditions, now);
        return status;
    }

    status.actual_replicas = Some(i32::try_from(seen.ready).unwrap_or(i32::MAX));
    status.desired_replicas =
        seen.desired.map(|d| i32::try_from(d).unwrap_or(i32::MAX)).or(old.desired_replicas);
    if status.container_statuses.is_empty() {
        status.container_statuses = containers(revision);
    }
    // What was found out stays true with no Pod left that could say otherwise.
    let lasting = |c: &&Condition| c.is_true() || (seen.pods == 0 && c.is_false());
    let before = |type_: &str| condition::find(&old.conditions, type_).filter(lasting).cloned();
    let started = seen.ready > 0 && (was_ready(revision) || seen.ready >= seen.initial);
    let healthy = container_healthy(revision, seen, started, before("ContainerHealthy"));
    let resources = resources_available(seen, started, timed_out, before("ResourcesAvailable"), &healthy);
    let summary = ready(&[&healthy, &resources], &[&resources, &healthy]);
    let active = info(active(seen, timed_out && summary.is_false()));
    status.conditions = stamp(vec![active, healthy, resources, summary], &old.conditions, now);
    status
}

fn containers(revision: &Revision) -> Vec<ContainerStatus> {
    let named = |c: &k8s_openapi::api::core::v1::Container| ContainerStatus {
        name: if c.name.is_empty() { USER_CONTAINER.into() } else { c.name.clone() },
        image_digest: c.image.clone().filter(|image| image.contains("@sha256:")),
    };
    revision.spec.pod.containers.iter().map(named).collect()
}

fn container_healthy(
    revision: &Revision,
    seen: &Observed,
    started: bool,
    before: Option<Condition>,
) -> Condition {
    if started {
        return holds("ContainerHealthy");
    }
    match &seen.trouble {
        Some(Trouble::Exited { code, message }) if seen.ready == 0 => fails(
            "ContainerHealthy",
            &format!("ExitCode{code}"),
            &format!("Container failed with: {message}"),
        ),
        // Knative looks the image up before it starts anything and fails at once when it is not there.
        Some(trouble @ Trouble::Waiting { message, .. }) if trouble.is_missing_image() => {
            let images = revision.spec.pod.containers.first().and_then(|c| c.image.as_deref());
            let message = format!("Unable to fetch image \"{}\": {message}", images.unwrap_or_default());
            fails("ContainerHealthy", "ContainerMissing", &message)
        }
        _ => before.unwrap_or_else(|| unknown("ContainerHealthy", "Deploying", "")),
    }
}

fn resources_available(
    seen: &Observed,
    started: bool,
    timed_out: bool,
    before: Option<Condition>,
    healthy: &Condition,
) -> Condition {
    const TYPE: &str = "ResourcesAvailable";
    if started {
        return holds(TYPE);
    }
    if let Some(why) = &seen.refused {
        return fails(TYPE, "FailedCreate", why);
    }
    match &seen.trouble {
        Some(Trouble::Unschedulable { reason, message }) => return fails(TYPE, reason, message),
        Some(Trouble::Waiting { reason, message }) if timed_out && !healthy.is_false() => {
            return fails(TYPE, reason, message);
        }
        _ => {}
    }
    match before {
        Some(before) => before,
        None if timed_out && !healthy.is_false() => fails(TYPE, "ProgressDeadlineExceeded", NEVER_ACHIEVED),
        None => unknown(TYPE, "Deploying", ""),
    }
}

fn active(seen: &Observed, gave_up: bool) -> Condition {
    match seen.desired {
        Some(0) if gave_up => fails("Active", "TimedOut", TIMED_OUT),
        Some(0) => fails("Active", "NoTraffic", NO_TRAFFIC),
        _ if seen.ready > 0 => holds("Active"),
        None if seen.pods == 0 => unknown("Active", "Deploying", ""),
        _ => unknown("Active", "Queued", QUEUED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Time {
        Time(k8s_openapi::jiff::Timestamp::UNIX_EPOCH)
    }

    fn texts(status: &RevisionStatus) -> Vec<String> {
        let text = |c: &Condition| {
            format!("{}={} {}", c.type_, c.status, c.reason.as_deref().unwrap_or_default())
                .trim_end()
                .to_owned()
        };
        status.conditions.iter().map(text).collect()
    }

    /// Each observation in turn, from a Revision just made; the conditions after the last one.
    fn after(steps: &[(Observed, bool)]) -> RevisionStatus {
        let mut revision = Revision::new("web-00001", Default::default());
        for (seen, timed_out) in steps {
            revision.status = Some(status(&revision, seen, *timed_out, &now()));
        }
        revision.status.unwrap()
    }

    fn seen(ready: u32, pods: u32, desired: Option<u32>) -> Observed {
        Observed { ready, pods, desired, initial: 1, ..Observed::default() }
    }

    #[test]
    fn a_revision_goes_through_the_states_of_knative() {
        let new = (seen(0, 0, None), false);
        let starting = (seen(0, 1, Some(1)), false);
        let running = (seen(1, 1, Some(1)), false);
        let idle = (seen(1, 1, Some(0)), false);
        let zero = (seen(0, 0, Some(0)), false);
        assert_eq!(
            texts(&after(std::slice::from_ref(&new))),
            [
                "ContainerHealthy=Unknown",
                "Ready=Unknown ResolvingDigests",
                "ResourcesAvailable=Unknown ResolvingDigests"
            ]
        );
        assert_eq!(
            texts(&after(&[new.clone(), starting.clone()])),
            [
                "Active=Unknown Queued",
                "ContainerHealthy=Unknown Deploying",
                "Ready=Unknown Deploying",
                "ResourcesAvailable=Unknown Deploying"
            ]
        );
        let up = ["Active=True", "ContainerHealthy=True", "Ready=True", "ResourcesAvailable=True"];
        assert_eq!(texts(&after(&[new.clone(), starting.clone(), running.clone()])), up);
        let down =
            ["Active=False NoTraffic", "ContainerHealthy=True", "Ready=True", "ResourcesAvailable=True"];
        let idled = after(&[new.clone(), starting.clone(), running.clone(), idle.clone()]);
        assert_eq!((texts(&idled), idled.actual_replicas), (down.map(str::to_owned).to_vec(), Some(1)));
        let zeroed = after(&[new.clone(), starting.clone(), running.clone(), idle.clone(), zero.clone()]);
        assert_eq!(texts(&zeroed), down);
        assert_eq!(zeroed.conditions[0].severity.as_deref(), Some("Info"));
        let woken = after(&[new, starting.clone(), running, idle, zero, starting]);
        assert_eq!(texts(&woken)[..2], ["Active=Unknown Queued", "ContainerHealthy=True"]);
        assert_eq!(woken.desired_replicas, Some(1));
    }

    #[test]
    fn a_container_that_exits_is_unhealthy_at_once() {
        let mut bad = seen(0, 1, Some(1));
        bad.trouble = Some(Trouble::Exited { code: 3, message: "dying\n".into() });
        let status = after(&[(bad, false)]);
        assert_eq!(texts(&status)[1..3], ["ContainerHealthy=False ExitCode3", "Ready=False ExitCode3"]);
        assert_eq!(status.conditions[1].message.as_deref(), Some("Container failed with: dying\n"));
    }

    #[test]
    fn a_missing_secret_fails_the_revision_only_when_its_time_is_over() {
        let mut waiting = seen(0, 1, Some(1));
        waiting.trouble = Some(Trouble::Waiting {
            reason: "CreateContainerConfigError".into(),
            message: "secret \"nothing\" not found".into(),
        });
        assert_eq!(texts(&after(&[(waiting.clone(), false)]))[2], "Ready=Unknown Deploying");
        let late = after(&[(waiting.clone(), false), (waiting, true)]);
        assert_eq!(texts(&late)[2], "Ready=False CreateContainerConfigError");
        assert_eq!(texts(&late)[1], "ContainerHealthy=Unknown Deploying");
    }

    #[test]
    fn a_missing_image_fails_the_revision_at_once() {
        let mut waiting = seen(0, 1, Some(1));
        waiting.trouble =
            Some(Trouble::Waiting { reason: "ErrImagePull".into(), message: "not found".into() });
        assert_eq!(texts(&after(&[(waiting, false)]))[2], "Ready=False ContainerMissing");
    }

    #[test]
    fn a_revision_that_never_started_is_given_up_at_zero() {
        let late = after(&[(seen(0, 1, Some(1)), false), (seen(0, 0, Some(0)), true)]);
        assert_eq!(texts(&late)[0], "Active=False TimedOut");
        assert_eq!(texts(&late)[2], "Ready=False ProgressDeadlineExceeded");
    }
}
