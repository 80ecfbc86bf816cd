//! What to do about a Job, from the Job and its Pods as they are. Pure.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::batch::v1::{Job, JobCondition, JobStatus};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::indexes;
use super::policy::{Verdict, judge};
use super::tally::{Member, failures_in_a_row, is_indexed, only_failed};

/// The pause before a failed Pod is replaced: this, doubled for each further failure.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(10);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(10);

const BACKOFF: (&str, &str) = ("BackoffLimitExceeded", "Job has reached the specified backoff limit");
const DEADLINE: (&str, &str) = ("DeadlineExceeded", "Job was active longer than specified deadline");
const REACHED: (&str, &str) = ("CompletionsReached", "Reached expected number of succeeded pods");

/// The steps in their order: delete, create, status, let go.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) delete: Vec<String>,
    /// An entry for each new Pod, with its index where the Job has indexes.
    pub(super) create: Vec<Option<i32>>,
    pub(super) status: JobStatus,
    /// Pods that are counted.
    pub(super) let_go: Vec<String>,
    /// Look again after this time.
    pub(super) again: Option<Duration>,
    /// The Job itself goes, its time after the end being over.
    pub(super) remove: bool,
}

/// Whether the Job has one of the two conditions that end it.
pub(super) fn is_finished(status: &JobStatus) -> bool {
    has(status, "Complete") || has(status, "Failed")
}

pub(super) fn has(status: &JobStatus, kind: &str) -> bool {
    status.conditions.iter().flatten().any(|one| one.type_ == kind && one.status == "True")
}

/// The next steps.
pub(super) fn plan(job: &Job, pods: &[Pod], now: Timestamp) -> Plan {
    let mut members: Vec<Member<'_>> = pods.iter().map(Member::new).collect();
    let status = job.status.clone().unwrap_or_default();
    let mut plan = Plan { status, ..Plan::default() };
    if job.metadata.deletion_timestamp.is_some() {
        plan.let_go.extend(members.iter().filter(|one| one.tracked).map(|one| one.name.to_owned()));
        if !is_finished(&plan.status) {
            count_present(&mut plan.status, &members);
        }
        return plan;
    }
    if is_finished(&plan.status) {
        plan.let_go.extend(members.iter().filter(|one| one.tracked).map(|one| one.name.to_owned()));
        expire(job, &mut plan, now);
        return plan;
    }
    let suspended = job.spec.as_ref().and_then(|spec| spec.suspend) == Some(true);
    let ending = has(&plan.status, "SuccessCriteriaMet") || has(&plan.status, "FailureTarget");
    if !ending {
        suspend_or_resume(&mut plan.status, suspended, now);
    }
    track(job, &mut plan, &members);
    if !ending && !decide(job, &mut plan, &members, now) {
        if suspended {
            remove_active(&mut plan, &mut members, usize::MAX, true);
        } else {
            replace(job, &mut plan, &mut members, now);
        }
    }
    if has(&plan.status, "SuccessCriteriaMet") || has(&plan.status, "FailureTarget") {
        plan.again = None;
        remove_active(&mut plan, &mut members, usize::MAX, false);
        track(job, &mut plan, &members);
    }
    let created = plan.create.len() as i32;
    count_present(&mut plan.status, &members);
    if created > 0 {
        plan.status.active = Some(plan.status.active.unwrap_or(0) + created);
    }
    if ending {
        finish(&mut plan.status, now);
    }
    plan
}

/// `active`, `ready` and `terminating`.
fn count_present(status: &mut JobStatus, members: &[Member<'_>]) {
    let of = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
    let active = of(members.iter().filter(|one| one.is_active()).count());
    status.active = (active > 0).then_some(active);
    status.ready = Some(of(members.iter().filter(|one| one.is_ready()).count()));
    status.terminating = Some(of(members.iter().filter(|one| one.is_terminating()).count()));
    status.uncounted_terminated_pods.get_or_insert_default();
}

fn suspend_or_resume(status: &mut JobStatus, suspended: bool, now: Timestamp) {
    let before = status
        .conditions
        .iter()
        .flatten()
        .find(|one| one.type_ == "Suspended")
        .map(|one| one.status == "True");
    if suspended {
        status.start_time = None;
        if before != Some(true) {
            set(status, "Suspended", true, ("JobSuspended", "Job suspended"), now);
        }
    } else {
        status.start_time.get_or_insert(Time(now));
        if before == Some(true) {
            set(status, "Suspended", false, ("JobResumed", "Job resumed"), now);
            status.start_time = Some(Time(now));
        }
    }
}

/// Takes finished Pods into account, each in the step that it is at.
fn track(job: &Job, plan: &mut Plan, members: &[Member<'_>]) {
    let indexed = is_indexed(job);
    let only_failed = only_failed(job);
    let mut done = indexes::parse(plan.status.completed_indexes.as_deref().unwrap_or_default());
    let known =
        job.status.as_ref().and_then(|status| status.completed_indexes.as_deref()).unwrap_or_default();
    let known = indexes::parse(known);
    let uncounted = plan.status.uncounted_terminated_pods.get_or_insert_default();
    let succeeded = uncounted.succeeded.get_or_insert_default();
    let failed = uncounted.failed.get_or_insert_default();
    let written =
        job.status.as_ref().and_then(|status| status.uncounted_terminated_pods.clone()).unwrap_or_default();
    let is_written = |uid: &str| {
        let lists = written.succeeded.iter().chain(written.failed.iter());
        lists.flatten().any(|one| one == uid)
    };
    for one in members.iter().filter(|one| one.tracked) {
        if is_written(one.uid) {
            push(&mut plan.let_go, one.name);
        } else if one.has_succeeded() && indexed {
            let Some(index) = one.index else { continue };
            done.insert(index);
            if known.contains(&index) {
                push(&mut plan.let_go, one.name);
            }
        } else if one.has_succeeded() {
            push(succeeded, one.uid);
        } else if one.has_failed(only_failed) {
            if one.has_failed(true) && judge(job, one.pod) == Verdict::Ignore {
                push(&mut plan.let_go, one.name);
            } else {
                push(failed, one.uid);
            }
        }
    }
    // Those whose finalizer is gone, or that are gone themselves, are counted for good.
    let tracked: BTreeSet<&str> = members.iter().filter(|one| one.tracked).map(|one| one.uid).collect();
    let settle = |list: &mut Vec<String>, count: &mut Option<i32>| {
        let before = list.len();
        list.retain(|uid| tracked.contains(uid.as_str()) || !is_written(uid));
        let settled = (before - list.len()) as i32;
        if settled > 0 {
            *count = Some(count.unwrap_or(0) + settled);
        }
    };
    settle(succeeded, &mut plan.status.succeeded);
    settle(failed, &mut plan.status.failed);
    if uncounted.succeeded.as_ref().is_some_and(Vec::is_empty) {
        uncounted.succeeded = None;
    }
    if uncounted.failed.as_ref().is_some_and(Vec::is_empty) {
        uncounted.failed = None;
    }
    if indexed {
        plan.status.succeeded = (!done.is_empty()).then_some(done.len() as i32);
        plan.status.completed_indexes = (!done.is_empty()).then(|| indexes::print(&done));
    }
}

fn push(list: &mut Vec<String>, text: &str) {
    if !list.iter().any(|one| one == text) {
        list.push(text.to_owned());
    }
}

fn totals(status: &JobStatus) -> (i32, i32) {
    let uncounted = status.uncounted_terminated_pods.as_ref();
    let waiting = |list: Option<&Vec<String>>| list.map_or(0, Vec::len) as i32;
    let succeeded = status.succeeded.unwrap_or(0) + waiting(uncounted.and_then(|one| one.succeeded.as_ref()));
    let failed = status.failed.unwrap_or(0) + waiting(uncounted.and_then(|one| one.failed.as_ref()));
    (succeeded, failed)
}

/// Whether the Job has come to its end; if so, says which in the status.
fn decide(job: &Job, plan: &mut Plan, members: &[Member<'_>], now: Timestamp) -> bool {
    let Some(spec) = &job.spec else { return true };
    let (succeeded, failed) = totals(&plan.status);
    let verdict =
        members.iter().filter(|one| one.tracked && one.has_failed(true)).find_map(|one| {
            match judge(job, one.pod) {
                Verdict::FailJob(message) => Some(message),
                _ => None,
            }
        });
    if let Some(message) = verdict {
        set(&mut plan.status, "FailureTarget", true, ("PodFailurePolicy", message.as_str()), now);
        return true;
    }
    let limit = spec.backoff_limit.unwrap_or(6);
    let on_failure =
        spec.template.spec.as_ref().and_then(|pod| pod.restart_policy.as_deref()) == Some("OnFailure");
    let restarts: i32 = members.iter().filter(|one| one.is_active()).map(Member::restarts).sum();
    let restarted_too_often = on_failure && restarts > 0 && restarts >= limit;
    if failed > limit || restarted_too_often {
        set(&mut plan.status, "FailureTarget", true, BACKOFF, now);
        return true;
    }
    if let (Some(seconds), Some(start)) = (spec.active_deadline_seconds, &plan.status.start_time) {
        let end = start.0.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
        if now >= end {
            set(&mut plan.status, "FailureTarget", true, DEADLINE, now);
            return true;
        }
        plan.again = pause(now, end);
    }
    let active = members.iter().any(Member::is_active);
    let complete = match spec.completions {
        Some(wanted) => succeeded >= wanted,
        None => succeeded > 0 && !active,
    };
    if complete {
        set(&mut plan.status, "SuccessCriteriaMet", true, REACHED, now);
    }
    complete
}

/// Starts or stops Pods until as many run as shall.
fn replace(job: &Job, plan: &mut Plan, members: &mut [Member<'_>], now: Timestamp) {
    let Some(spec) = &job.spec else { return };
    let (succeeded, _) = totals(&plan.status);
    let parallel = spec.parallelism.unwrap_or(1).max(0);
    let wanted = match spec.completions {
        Some(completions) => parallel.min((completions - succeeded).max(0)),
        None if succeeded > 0 => members.iter().filter(|one| one.is_active()).count() as i32,
        None => parallel,
    };
    let active = members.iter().filter(|one| one.is_active()).count() as i32;
    if active > wanted {
        remove_active(plan, members, (active - wanted) as usize, true);
        return;
    }
    let leaving = members.iter().filter(|one| one.is_terminating()).count() as i32;
    let held_back = if only_failed(job) { leaving } else { 0 };
    let missing = (wanted - active - held_back).max(0);
    if missing == 0 {
        return;
    }
    let (failures, last) = failures_in_a_row(members);
    if let Some(last) = last {
        let factor = 1_i32 << (failures - 1).min(10);
        let wait = FIRST_PAUSE.saturating_mul(factor).min(LONGEST_PAUSE);
        let at = last.checked_add(wait).unwrap_or(Timestamp::MAX);
        if now < at {
            plan.again = plan.again.into_iter().chain(pause(now, at)).min();
            return;
        }
    }
    if !is_indexed(job) {
        plan.create.extend((0..missing).map(|_| None));
        return;
    }
    let done = indexes::parse(plan.status.completed_indexes.as_deref().unwrap_or_default());
    let busy: BTreeSet<i32> =
        members.iter().filter(|one| one.is_active()).filter_map(|one| one.index).collect();
    let free =
        (0..spec.completions.unwrap_or(0)).filter(|index| !done.contains(index) && !busy.contains(index));
    plan.create.extend(free.take(missing as usize).map(Some));
}

/// Deletes up to `count` running Pods; `uncounted`: not as failures.
fn remove_active(plan: &mut Plan, members: &mut [Member<'_>], count: usize, uncounted: bool) {
    for one in members.iter_mut().filter(|one| one.is_active()).take(count) {
        one.deleting = true;
        plan.delete.push(one.name.to_owned());
        if uncounted {
            one.tracked = false;
            push(&mut plan.let_go, one.name);
        }
    }
}

/// The final condition, once every Pod is counted and gone from the node.
fn finish(status: &mut JobStatus, now: Timestamp) {
    let uncounted = status.uncounted_terminated_pods.clone().unwrap_or_default();
    let open = uncounted.succeeded.is_some() || uncounted.failed.is_some();
    if open || status.terminating.unwrap_or(0) > 0 || status.active.is_some() {
        return;
    }
    let of = |kind: &str| status.conditions.iter().flatten().find(|one| one.type_ == kind).cloned();
    let (kind, target) = match (of("FailureTarget"), of("SuccessCriteriaMet")) {
        (Some(target), _) => ("Failed", target),
        (None, Some(target)) => ("Complete", target),
        (None, None) => return,
    };
    let (reason, message) = (target.reason.unwrap_or_default(), target.message.unwrap_or_default());
    set(status, kind, true, (&reason, &message), now);
    if kind == "Complete" {
        status.completion_time = Some(Time(now));
    }
}

fn expire(job: &Job, plan: &mut Plan, now: Timestamp) {
    let Some(ttl) = job.spec.as_ref().and_then(|spec| spec.ttl_seconds_after_finished) else { return };
    let ends = plan
        .status
        .conditions
        .iter()
        .flatten()
        .filter(|one| matches!(one.type_.as_str(), "Complete" | "Failed"));
    let Some(end) = ends.filter_map(|one| one.last_transition_time.as_ref()).map(|time| time.0).min() else {
        return;
    };
    let at = end.checked_add(SignedDuration::from_secs(ttl.into())).unwrap_or(Timestamp::MAX);
    if now >= at {
        plan.remove = true;
    } else {
        plan.again = pause(now, at);
    }
}

fn pause(now: Timestamp, until: Timestamp) -> Option<Duration> {
    Duration::try_from(until.duration_since(now)).ok()
}

fn set(status: &mut JobStatus, kind: &str, holds: bool, (reason, message): (&str, &str), now: Timestamp) {
    let condition = JobCondition {
        type_: kind.into(),
        status: if holds { "True" } else { "False" }.into(),
        reason: Some(reason.into()),
        message: Some(message.into()),
        last_probe_time: Some(Time(now)),
        last_transition_time: Some(Time(now)),
    };
    let list = status.conditions.get_or_insert_default();
    match list.iter_mut().find(|one| one.type_ == kind) {
        Some(old) => *old = condition,
        None => list.push(condition),
    }
}
