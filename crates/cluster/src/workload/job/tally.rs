//! Where the Pods of a Job are.

use std::collections::BTreeSet;

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;

use super::TRACKING;
use super::pod::INDEX;

/// A Pod as the plan looks at it.
pub(super) struct Member<'a> {
    pub(super) pod: &'a Pod,
    pub(super) name: &'a str,
    pub(super) uid: &'a str,
    /// It is deleted, or will be by this plan.
    pub(super) deleting: bool,
    /// Its finalizer is there: it has not been counted.
    pub(super) tracked: bool,
    pub(super) index: Option<i32>,
}

impl<'a> Member<'a> {
    pub(super) fn new(pod: &'a Pod) -> Self {
        let metadata = &pod.metadata;
        let index = metadata.annotations.as_ref().and_then(|all| all.get(INDEX)?.parse().ok());
        Self {
            pod,
            name: metadata.name.as_deref().unwrap_or_default(),
            uid: metadata.uid.as_deref().unwrap_or_default(),
            deleting: metadata.deletion_timestamp.is_some(),
            tracked: metadata.finalizers.iter().flatten().any(|one| one == TRACKING),
            index,
        }
    }

    fn phase(&self) -> &str {
        self.pod.status.as_ref().and_then(|status| status.phase.as_deref()).unwrap_or_default()
    }

    pub(super) fn has_succeeded(&self) -> bool {
        self.phase() == "Succeeded"
    }

    /// Failed, or on its way out where that counts as well.
    pub(super) fn has_failed(&self, only_failed: bool) -> bool {
        self.phase() == "Failed" || (!only_failed && self.deleting && !self.has_succeeded())
    }

    fn is_finished(&self) -> bool {
        matches!(self.phase(), "Succeeded" | "Failed")
    }

    pub(super) fn is_active(&self) -> bool {
        !self.is_finished() && !self.deleting
    }

    pub(super) fn is_terminating(&self) -> bool {
        !self.is_finished() && self.deleting
    }

    pub(super) fn is_ready(&self) -> bool {
        let conditions = self.pod.status.as_ref().and_then(|status| status.conditions.as_ref());
        self.is_active()
            && conditions.iter().copied().flatten().any(|one| one.type_ == "Ready" && one.status == "True")
    }

    /// Restarts of all its containers.
    pub(super) fn restarts(&self) -> i32 {
        let status = self.pod.status.as_ref();
        let main = status.and_then(|status| status.container_statuses.as_ref());
        let init = status.and_then(|status| status.init_container_statuses.as_ref());
        main.into_iter().chain(init).flatten().map(|one| one.restart_count).sum()
    }

    /// When its last container ended.
    pub(super) fn finished_at(&self) -> Option<Timestamp> {
        let statuses = self.pod.status.as_ref()?.container_statuses.as_ref()?;
        let ends =
            statuses.iter().filter_map(|one| one.state.as_ref()?.terminated.as_ref()?.finished_at.as_ref());
        ends.map(|time| time.0).max()
    }
}

/// Only Pods that have really failed count and are replaced.
pub(super) fn only_failed(job: &Job) -> bool {
    let spec = job.spec.as_ref();
    let replacement = spec.and_then(|spec| spec.pod_replacement_policy.as_deref());
    replacement == Some("Failed") || spec.is_some_and(|spec| spec.pod_failure_policy.is_some())
}

pub(super) fn is_indexed(job: &Job) -> bool {
    job.spec.as_ref().and_then(|spec| spec.completion_mode.as_deref()) == Some("Indexed")
}

/// How many have failed one after the other since the last success, and when the last one did.
pub(super) fn failures_in_a_row(members: &[Member<'_>]) -> (u32, Option<Timestamp>) {
    let succeeded = members.iter().filter(|one| one.has_succeeded());
    let success = succeeded.filter_map(Member::finished_at).max();
    let failures: BTreeSet<(Timestamp, &str)> = members
        .iter()
        .filter(|one| one.has_failed(true))
        .filter_map(|one| Some((one.finished_at()?, one.uid)))
        .filter(|(time, _)| success.is_none_or(|success| *time > success))
        .collect();
    (failures.len() as u32, failures.last().map(|(time, _)| *time))
}
