//! Whether the present source needs a build, and how the newest one stands; pure.

mod places;

pub(crate) use places::{Places, is_queued, queued_before};

use domain::{
    BuildId,
    build::{BuildReport, FailureCategory},
    function::{
        ANNOTATION_BUILD_REQUEST, ANNOTATION_CANCELLED_BUILD, BuildError, BuildStatus, LambdaFunction,
        Language,
    },
};
use k8s_openapi::api::batch::v1::Job;
use kube::ResourceExt;
use sha2::{Digest, Sha256};

use super::{
    dereference::Observed,
    repository,
    validate::{Origin, Validated},
};

/// Builds of one source whose Job vanished before it is given up.
const MOST_ATTEMPTS: i64 = 5;
/// Error code of a build that someone ended; not a failure category, because nothing failed.
pub(crate) const CANCELLED: &str = "cancelled";

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Decision {
    /// About the image.
    pub(crate) plan: Plan,
    /// The build in progress, when the plan is not about it: it ends here, whatever the plan is.
    pub(crate) superseded: Option<Superseded>,
}

/// What is to be done about the image.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Plan {
    /// The spec is not valid; nothing is started.
    Invalid,
    /// The source is an image.
    Given { image: String },
    /// The image of the present source is there.
    Built { hash: String, image: String, digest: Option<String> },
    /// All places are taken; 1 is next.
    Queued { hash: String, position: usize },
    /// A new build.
    Start { build: NewBuild },
    /// Someone asked the build to end while it waited for its place: it never begins.
    Withdrawn { build: NewBuild },
    /// The newest build runs.
    Running,
    /// It has just ended with an image.
    Completed { report: BuildReport },
    /// It has just ended without one.
    Failed { error: BuildError },
    /// Someone asked it to end.
    Cancelled { job: String },
    /// Its end is already in the status, and there is no image.
    Ended,
}

/// A build that is about to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewBuild {
    /// Also the Job's name.
    pub(crate) id: BuildId,
    pub(crate) language: Language,
    pub(crate) hash: String,
    pub(crate) number: i64,
    pub(crate) attempt: i64,
}

/// A build that nobody waits for any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Superseded {
    pub(crate) job: String,
    /// For people: why.
    pub(crate) why: &'static str,
}

impl Plan {
    /// The image that the Service is to run now, if there is one of the present source.
    pub(crate) fn image(&self) -> Option<&str> {
        match self {
            Self::Given { image } | Self::Built { image, .. } => Some(image),
            Self::Completed { report } => report.image.as_deref(),
            _ => None,
        }
    }
}

/// Hash of source, runtime and build inputs, hex.
pub(crate) fn source_hash(function: &LambdaFunction) -> String {
    let build = &function.spec.build;
    let inputs = serde_json::json!({
        "source": function.spec.source,
        "runtime": function.spec.runtime,
        "registry": build.registry,
        "repository": repository::named(function),
        "tag": build.tag,
        "insecure": build.insecure,
    });
    hex::encode(Sha256::digest(inputs.to_string()))
}

pub(crate) fn decide(
    function: &LambdaFunction,
    valid: Option<&Validated>,
    observed: &Observed,
    places: usize,
) -> Decision {
    let newest = newest(function);
    let instead = |plan, why| {
        let superseded = in_progress(&newest).map(|job| Superseded { job: job.to_owned(), why });
        Decision { plan, superseded }
    };
    let newer = "A newer source took its place.";
    let Some(valid) = valid else { return instead(Plan::Invalid, "The spec is no longer valid.") };
    let language = match &valid.origin {
        Origin::Image(image) => return instead(Plan::Given { image: image.reference() }, newer),
        Origin::Code { language } => *language,
    };
    let hash = source_hash(function);
    let asked = is_asked_for(function);
    if newest.source_hash.as_ref() != Some(&hash) || asked {
        if let (Some(image), false) = (&newest.image_uri, asked)
            && newest.image_source_hash.as_ref() == Some(&hash)
        {
            // Back to the source of the last good image.
            let digest = newest.digest.clone();
            return instead(Plan::Built { hash, image: image.clone(), digest }, newer);
        }
        return instead(build(function, valid, language, hash, &newest, observed, places), newer);
    }
    match stand(function, &newest, &hash, observed) {
        Some(plan) => Decision { plan, superseded: None },
        None => {
            let why = "Its Job is gone; the build begins anew.";
            instead(build(function, valid, language, hash, &newest, observed, places), why)
        }
    }
}

/// A new build, or a place in the queue for one.
fn build(
    function: &LambdaFunction,
    valid: &Validated,
    language: Language,
    hash: String,
    newest: &BuildStatus,
    observed: &Observed,
    places: usize,
) -> Plan {
    let number = newest.number + 1;
    let id = BuildId::of(&valid.name, &function.uid().unwrap_or_default(), number);
    let withdrawn =
        function.annotations().get(ANNOTATION_CANCELLED_BUILD).is_some_and(|end| end == id.as_str());
    if !withdrawn && observed.running_builds + observed.queued_before >= places {
        return Plan::Queued { hash, position: observed.queued_before + 1 };
    }
    let attempt = if newest.source_hash.as_ref() == Some(&hash) { newest.attempt + 1 } else { 1 };
    let build = NewBuild { id, language, hash, number, attempt };
    if withdrawn { Plan::Withdrawn { build } } else { Plan::Start { build } }
}

/// How the newest build, which is of the present source, stands; `None`: it was stopped, or its Job has vanished
/// before it ended.
fn stand(
    function: &LambdaFunction,
    newest: &BuildStatus,
    hash: &String,
    observed: &Observed,
) -> Option<Plan> {
    let Some(name) = in_progress(newest) else {
        return match &newest.image_uri {
            _ if newest.error.is_some() => Some(Plan::Ended),
            Some(image) if newest.image_source_hash.as_ref() == Some(hash) => {
                Some(Plan::Built { hash: hash.clone(), image: image.clone(), digest: newest.digest.clone() })
            }
            // Only a build that was stopped leaves neither an error nor an image of its source.
            _ => None,
        };
    };
    let ended = observed.job.as_ref().filter(|job| has_ended(job));
    let asked_to_end = function.annotations().get(ANNOTATION_CANCELLED_BUILD);
    if ended.is_none() && asked_to_end.is_some() && asked_to_end == newest.build_id.as_ref() {
        return Some(Plan::Cancelled { job: name.to_owned() });
    }
    Some(match (ended, &observed.job) {
        (Some(job), _) => end(job, observed),
        (None, Some(_)) => Plan::Running,
        (None, None) if newest.attempt < MOST_ATTEMPTS => return None,
        (None, None) => Plan::Failed {
            error: BuildError {
                code: FailureCategory::Internal.as_str().to_owned(),
                message: format!("The build's Job was deleted {MOST_ATTEMPTS} times before it ended."),
                retryable: true,
            },
        },
    })
}

fn end(job: &Job, observed: &Observed) -> Plan {
    match (&observed.report, job_condition(job, "Complete")) {
        (Some(report), true) if report.image.is_some() => Plan::Completed { report: report.clone() },
        _ => Plan::Failed { error: failure(job, observed) },
    }
}

fn failure(job: &Job, observed: &Observed) -> BuildError {
    let of = |category: FailureCategory, message: String| BuildError {
        code: category.as_str().to_owned(),
        message,
        retryable: category.retryable(),
    };
    if failed_because(job).as_deref() == Some("DeadlineExceeded") {
        return of(FailureCategory::Timeout, "The build took longer than it may.".to_owned());
    }
    if let Some(failure) = observed.report.as_ref().and_then(|report| report.failure.as_ref()) {
        return of(failure.category, failure.message.clone());
    }
    if observed.out_of_memory {
        return of(FailureCategory::OutOfMemory, "The build took more memory than it may.".to_owned());
    }
    of(FailureCategory::Internal, "The build ended without a report.".to_owned())
}

fn newest(function: &LambdaFunction) -> BuildStatus {
    function.status.as_ref().and_then(|status| status.build_status.clone()).unwrap_or_default()
}

/// Whether a new value of the build-request annotation, or `forceRebuild` on a new spec, asks for a build. The spec
/// of a function that waits for a place is no longer new, but what it asks for has not begun.
fn is_asked_for(function: &LambdaFunction) -> bool {
    let status = function.status.as_ref();
    let asked = function.annotations().get(ANNOTATION_BUILD_REQUEST);
    let obeyed = status.and_then(|status| status.observed_build_request.as_ref());
    let new_spec = function.metadata.generation != status.map(|status| status.observed_generation);
    (asked.is_some() && asked != obeyed)
        || (function.spec.build.force_rebuild && (new_spec || is_queued(function)))
}

/// The Job of a build that has begun and whose end is not in the status yet.
fn in_progress(build: &BuildStatus) -> Option<&str> {
    if build.completed_at.is_some() { None } else { build.job_name.as_deref() }
}

/// The Job to look at, if a build is in progress.
pub(crate) fn current_job(function: &LambdaFunction) -> Option<String> {
    in_progress(function.status.as_ref()?.build_status.as_ref()?).map(str::to_owned)
}

pub(crate) fn has_ended(job: &Job) -> bool {
    job_condition(job, "Complete") || job_condition(job, "Failed")
}

fn job_condition(job: &Job, kind: &str) -> bool {
    let mut conditions = job.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.any(|condition| condition.type_ == kind && condition.status == "True")
}

fn failed_because(job: &Job) -> Option<String> {
    let mut conditions = job.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.find(|condition| condition.type_ == "Failed" && condition.status == "True")?.reason.clone()
}

#[cfg(test)]
mod tests;
