//! Reads what belongs to a function, once, before anything is decided.

use std::collections::{BTreeMap, BTreeSet};

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
use sha2::{Digest, Sha256};

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
    /// Hash of the values that the environment takes out of Secrets: another one is a new Revision.
    pub(crate) secret_values: String,
    /// Builds of this tenant that run, this function's not counted; only counted when one is to begin.
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
    observed.service = Api::<Service>::namespaced(context.client.clone(), &namespace).get_opt(&name).await?;
    if observed.service.is_some() {
        let of_service = ListParams::default().labels(&format!("{}={name}", annotation::SERVICE));
        observed.revisions =
            Api::<Revision>::namespaced(context.client.clone(), &namespace).list(&of_service).await?.items;
    }
    observed.secret_values = secret_values(function, context).await?;
    Ok(observed)
}

/// Builds of this tenant that run, this function's not counted. A list of all Jobs: only who is about to build asks.
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
    references(spec).map(|(name, _)| name)
}

/// Names and keys.
fn references(spec: &FunctionSpec) -> impl Iterator<Item = (&str, &str)> {
    spec.env.iter().filter_map(|var| {
        let selector = var.value_from.as_ref()?.secret_key_ref.as_ref()?;
        Some((selector.name.as_str(), selector.key.as_str()))
    })
}

/// A hash of the values that the environment takes out of Secrets: other keys of them are nobody's business here,
/// and whoever reads a Revision can not try values out, for what is in it begins with the Secret's uid.
async fn secret_values(function: &LambdaFunction, context: &Context) -> Result<String> {
    let mut names: Vec<&str> = secret_names(&function.spec).collect();
    names.sort_unstable();
    names.dedup();
    let secrets =
        Api::<Secret>::namespaced(context.client.clone(), &function.namespace().unwrap_or_default());
    let mut found = BTreeMap::new();
    for name in names {
        if let Some(secret) = secrets.get_opt(name).await? {
            found.insert(name.to_owned(), secret);
        }
    }
    Ok(hash_of(&function.spec, &found))
}

fn hash_of(spec: &FunctionSpec, secrets: &BTreeMap<String, Secret>) -> String {
    let keys: BTreeSet<(&str, &str)> = references(spec).collect();
    if keys.is_empty() {
        return String::new();
    }
    let mut hash = Sha256::new();
    for (name, key) in keys {
        let secret = secrets.get(name);
        let value = secret.and_then(|secret| secret.data.as_ref()?.get(key)).map(|value| &*value.0);
        let uid = secret.and_then(ResourceExt::uid).unwrap_or_default();
        // With lengths, so that no two lists of values read alike; a missing one is not an empty one.
        for part in [Some(uid.as_bytes()), Some(name.as_bytes()), Some(key.as_bytes()), value] {
            hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_le_bytes());
            hash.update(part.unwrap_or_default());
        }
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use domain::function::{EnvVar, Language};
    use k8s_openapi::ByteString;

    use super::*;

    #[test]
    fn one_edit_of_a_secret_made_three_revisions() {
        let spec = |key: &str| FunctionSpec {
            env: vec![EnvVar::secret("TOKEN", "hello-env", key)],
            ..FunctionSpec::inline(Language::Python, "x", None)
        };
        let hash = |key: &str, data: &[(&str, &str)]| {
            let data =
                data.iter().map(|(key, value)| ((*key).to_owned(), ByteString(value.as_bytes().into())));
            let secret = Secret { data: Some(data.collect()), ..Secret::default() };
            hash_of(&spec(key), &BTreeMap::from([("hello-env".to_owned(), secret)]))
        };
        let before = hash("TOKEN.1", &[("TOKEN.1", "a")]);
        assert_eq!(hash("TOKEN.1", &[("TOKEN.1", "a"), ("TOKEN.2", "b")]), before, "a new value is written");
        let after = hash("TOKEN.2", &[("TOKEN.1", "a"), ("TOKEN.2", "b")]);
        assert_ne!(after, before, "the spec names it");
        assert_eq!(hash("TOKEN.2", &[("TOKEN.2", "b")]), after, "the old value goes");
        assert_ne!(hash("TOKEN.2", &[("TOKEN.2", "c")]), after, "somebody changed it in place");
        assert_ne!(hash("TOKEN.2", &[]), hash("TOKEN.2", &[("TOKEN.2", "")]));
        assert_eq!(hash_of(&FunctionSpec::inline(Language::Python, "x", None), &BTreeMap::new()), "");
    }
}
