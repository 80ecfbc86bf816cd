//! Makes it so: the only step that writes what the function owns.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bus::QueueSpec;
use domain::function::LambdaFunction;
use k8s_openapi::api::batch::v1::Job;
use knative::serving::{Revision, Service};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use tokio::sync::OwnedMutexGuard;

use super::{
    BACKOFF_FIRST, BACKOFF_MAX, Context,
    build::{Decision, Plan, Superseded},
    dereference::Observed,
    render::{ANNOTATION_SOURCE, Desired},
    validate::Validated,
};
use crate::{Error, Result, drift::contains};

/// Field manager of every write.
pub(crate) const MANAGER: &str = "knative-lambda-operator";

/// What is there after the writes.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    pub(crate) service: Option<Service>,
    pub(crate) revisions: Vec<Revision>,
    /// Whether the function's queue is there; none when nobody looked.
    pub(crate) queue_ready: Option<bool>,
    /// Why the cluster does not take the build's Job.
    pub(crate) job_refused: Option<String>,
    /// Why the cluster does not take the Service.
    pub(crate) service_refused: Option<String>,
}

impl Applied {
    /// Nothing was written.
    pub(crate) fn from_observed(observed: &Observed) -> Self {
        Self { service: observed.service.clone(), revisions: observed.revisions.clone(), ..Self::default() }
    }

    /// Whether something was refused that may be taken later without a change of the function.
    pub(crate) fn is_refused(&self) -> bool {
        self.job_refused.is_some() || self.service_refused.is_some()
    }
}

pub(crate) async fn run(
    function: &LambdaFunction,
    valid: &Validated,
    desired: Desired,
    place: Option<OwnedMutexGuard<()>>,
    observed: &Observed,
    context: &Context,
) -> Result<Applied> {
    let namespace = function.namespace().unwrap_or_default();
    let mut applied = Applied::from_observed(observed);
    if let Some(job) = desired.job {
        applied.job_refused = refusal(create_job(context, &namespace, &job).await)?.err();
    }
    // Whoever counts from here on counts this build too.
    drop(place);
    if let Some(service) = desired.service {
        let current = observed.service.as_ref().map(serde_json::to_value).transpose()?;
        let wanted = serde_json::to_value(&service)?;
        if !current.is_some_and(|current| contains(&current, &wanted)) {
            let services = Api::<Service>::namespaced(context.client.clone(), &namespace);
            let params = PatchParams::apply(MANAGER).force();
            let patched = services.patch(&service.name_any(), &params, &Patch::Apply(&service)).await;
            match refusal(patched.map_err(Error::from))? {
                Ok(service) => applied.service = Some(service),
                Err(why) => applied.service_refused = Some(why),
            }
        }
    }
    applied.queue_ready = Some(context.queues.ensure(valid, context).await);
    Ok(applied)
}

/// A refusal apart from what is worth a try right away.
fn refusal<T>(done: Result<T>) -> Result<Result<T, String>> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(error) => match error.refusal().map(str::to_owned) {
            Some(why) => Ok(Err(why)),
            None => Err(error),
        },
    }
}

/// Takes away the Job of a build that is to end.
pub(crate) async fn end_build(
    function: &LambdaFunction,
    decision: &Decision,
    context: &Context,
) -> Result<()> {
    let superseded = decision.superseded.as_ref().map(|Superseded { job, .. }| job);
    let cancelled = if let Plan::Cancelled { job } = &decision.plan { Some(job) } else { None };
    for job in superseded.into_iter().chain(cancelled) {
        delete_job(context, &function.namespace().unwrap_or_default(), job).await?;
    }
    Ok(())
}

/// A Job of that name and source is this build: an operator that stopped before its status write made it. One of
/// another source is of a spec that was changed before that write; it goes, and the build is tried again.
async fn create_job(context: &Context, namespace: &str, job: &Job) -> Result<()> {
    let jobs = Api::<Job>::namespaced(context.client.clone(), namespace);
    match jobs
        .create(&PostParams { field_manager: Some(MANAGER.to_owned()), ..PostParams::default() }, job)
        .await
    {
        Err(kube::Error::Api(status)) if status.code == 409 => {
            let name = job.name_any();
            let there = jobs.get_metadata_opt(&name).await?;
            let source = job.annotations().get(ANNOTATION_SOURCE);
            if there.as_ref().is_some_and(|there| {
                there.annotations().get(ANNOTATION_SOURCE) == source
                    && there.metadata.deletion_timestamp.is_none()
            }) {
                return Ok(());
            }
            delete_job(context, namespace, &name).await?;
            Err(kube::Error::Api(status).into())
        }
        other => Ok(other.map(drop)?),
    }
}

pub(crate) async fn delete_job(context: &Context, namespace: &str, name: &str) -> Result<()> {
    let jobs = Api::<Job>::namespaced(context.client.clone(), namespace);
    match jobs.delete(name, &DeleteParams::background()).await {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => Ok(other.map(drop)?),
    }
}

/// How often each object failed in a row: an exponential wait per object.
#[derive(Default)]
pub(crate) struct Failures(Mutex<HashMap<String, u32>>);

impl Failures {
    pub(crate) fn clear(&self, function: &LambdaFunction) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&function.uid().unwrap_or_default());
    }

    pub(crate) fn next_wait(&self, function: &LambdaFunction) -> Duration {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = failures.entry(function.uid().unwrap_or_default()).or_default();
        *count += 1;
        BACKOFF_FIRST.saturating_mul(1 << (*count - 1).min(16)).min(BACKOFF_MAX)
    }
}

/// Queues of functions as they were declared since the start.
#[derive(Default)]
pub(crate) struct DeclaredQueues(Mutex<HashMap<String, QueueSpec>>);

impl DeclaredQueues {
    /// Declares `fn.<tenant>.<name>` when it is not as the function wants it. Whether it is there.
    async fn ensure(&self, valid: &Validated, context: &Context) -> bool {
        let queue = queue_of(valid);
        let name = queue.name.clone();
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&name) == Some(&queue) {
            return true;
        }
        if let Err(error) = context.bus.declare(queue.clone()).await {
            tracing::warn!(%error, queue.name = %name, "a function's queue could not be declared");
            return false;
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, queue);
        true
    }

    /// Takes the function's queue away.
    pub(crate) async fn remove(&self, function: &LambdaFunction, context: &Context) -> Result<()> {
        let tenant = function.namespace().unwrap_or_default().parse();
        let (Ok(tenant), Ok(name)) = (tenant, function.name_any().parse()) else { return Ok(()) };
        let queue = bus::name::function(&tenant, &name);
        context.bus.delete_queue(&queue).await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&queue);
        Ok(())
    }
}

/// The queue with the attempts and the backoff that the function asks for.
fn queue_of(valid: &Validated) -> QueueSpec {
    QueueSpec { retry: valid.retry, ..QueueSpec::function(&valid.tenant, &valid.name) }
}
