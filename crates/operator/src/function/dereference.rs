//! Reads what belongs to a function, once, before anything is decided.

use domain::{
    build::BuildReport,
    function::{FunctionSpec, LABEL_BUILD, LABEL_FUNCTION, LambdaFunction},
};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Pod, Secret},
};
use knative::serving::{Revision, Service, annotation};
use kube::{Api, ResourceExt, api::ListParams};

use super::{Context, build};
use crate::Result;

/// What is there.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// The newest build's Job.
    pub(crate) job: Option<Job>,
    /// What its builder reported, once it has ended.
    pub(crate) report: Option<BuildReport>,
    /// Its container was killed for its memory.
    pub(crate) out_of_memory: bool,
    /// The Knative Service.
    pub(crate) service: Option<Service>,
    /// Its Revisions.
    pub(crate) revisions: Vec<Revision>,
    /// Versions of the Secrets that the environment names: a new one is a new Revision.
    pub(crate) secret_versions: String,
    /// Builds of this tenant that run, this function's not counted.
    pub(crate) running_builds: usize,
    /// Functions of this tenant that wait for a place before this one.
    pub(crate) queued_before: usize,
}

pub(crate) async fn run(function: &LambdaFunction, context: &Context) -> Result<Observed> {
    let namespace = function.namespace().unwrap_or_default();
    let name = function.name_any();
    let mut observed =
        Observed { queued_before: build::queued_before(function, &context.functions), ..Observed::default() };

    let jobs = Api::<Job>::namespaced(context.client.clone(), &namespace);
    if let Some(job) = build::current_job(function) {
        observed.job = jobs.get_opt(&job).await?;
    }
    if observed.job.as_ref().is_some_and(build::has_ended) {
        read_report(&namespace, context, &mut observed).await?;
    }
    observed.running_builds = running_builds(function, context).await?;
    observed.service = Api::<Service>::namespaced(context.client.clone(), &namespace).get_opt(&name).await?;
    if observed.service.is_some() {
        let of_service = ListParams::default().labels(&format!("{}={name}", annotation::SERVICE));
        observed.revisions =
            Api::<Revision>::namespaced(context.client.clone(), &namespace).list(&of_service).await?.items;
    }
    observed.secret_versions = secret_versions(function, context).await?;
    Ok(observed)
}

/// Builds of this tenant that run, this function's not counted.
pub(crate) async fn running_builds(function: &LambdaFunction, context: &Context) -> Result<usize> {
    let name = function.name_any();
    let jobs = Api::<Job>::namespaced(context.client.clone(), &function.namespace().unwrap_or_default());
    let all = jobs.list(&ListParams::default().labels(LABEL_BUILD)).await?;
    let others = all.items.iter().filter(|job| job.labels().get(LABEL_FUNCTION) != Some(&name));
    Ok(others.filter(|job| !build::has_ended(job)).count())
}

/// The report is the termination message of the build container.
async fn read_report(namespace: &str, context: &Context, observed: &mut Observed) -> Result<()> {
    let Some(job) = observed.job.as_ref().map(ResourceExt::name_any) else { return Ok(()) };
    let of_job = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={job}"));
    let pods = Api::<Pod>::namespaced(context.client.clone(), namespace).list(&of_job).await?;
    let ended = pods
        .items
        .iter()
        .flat_map(|pod| pod.status.iter().flat_map(|status| status.container_statuses.iter().flatten()));
    for end in ended.filter_map(|container| container.state.as_ref()?.terminated.as_ref()) {
        observed.out_of_memory |= end.reason.as_deref() == Some("OOMKilled");
        let message = end.message.as_deref().unwrap_or_default();
        if let Ok(report) = serde_json::from_str(message) {
            observed.report = Some(report);
        }
    }
    Ok(())
}

/// Names of the Secrets that the environment reads.
pub(crate) fn secret_names(spec: &FunctionSpec) -> impl Iterator<Item = &str> {
    spec.env.iter().filter_map(|var| Some(var.value_from.as_ref()?.secret_key_ref.as_ref()?.name.as_str()))
}

/// `name=resourceVersion` of each, sorted; a Secret that is missing has no version yet.
async fn secret_versions(function: &LambdaFunction, context: &Context) -> Result<String> {
    let mut names: Vec<&str> = secret_names(&function.spec).collect();
    names.sort_unstable();
    names.dedup();
    let secrets =
        Api::<Secret>::namespaced(context.client.clone(), &function.namespace().unwrap_or_default());
    let mut versions = Vec::with_capacity(names.len());
    for name in names {
        let version = secrets.get_metadata_opt(name).await?.and_then(|secret| secret.resource_version());
        versions.push(format!("{name}={}", version.unwrap_or_default()));
    }
    Ok(versions.join(","))
}
