//! Reads what is there already, once, before anything is decided.

use domain::{function::LABEL_FUNCTION, tenant::Tenant};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{Namespace, Pod},
};
use kube::{Api, ResourceExt, api::ListParams};

use super::Context;
use crate::Result;

/// What is there.
#[derive(Debug, Default)]
pub(super) struct Observed {
    pub(super) namespace: Option<Namespace>,
    /// Instances and builds that run, looked for only when they ought not to.
    pub(super) pods: Vec<String>,
    /// Builds that are not over, likewise.
    pub(super) jobs: Vec<String>,
}

pub(super) async fn run(tenant: &Tenant, context: &Context) -> Result<Observed> {
    let name = tenant.name_any();
    let namespace = Api::<Namespace>::all(context.client.clone()).get_opt(&name).await?;
    let mut observed = Observed { namespace, ..Observed::default() };
    if tenant.spec.suspended && observed.namespace.is_some() {
        let of_functions = ListParams::default().labels(LABEL_FUNCTION);
        let pods = Api::<Pod>::namespaced(context.client.clone(), &name).list(&of_functions).await?;
        let runs = |pod: &&Pod| {
            let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
            pod.metadata.deletion_timestamp.is_none() && !matches!(phase, Some("Succeeded" | "Failed"))
        };
        observed.pods = pods.items.iter().filter(runs).map(ResourceExt::name_any).collect();
        let jobs = Api::<Job>::namespaced(context.client.clone(), &name).list(&of_functions).await?;
        let open = |job: &&Job| {
            job.metadata.deletion_timestamp.is_none()
                && job.status.as_ref().is_none_or(|status| status.completion_time.is_none())
                && !crate::function::has_ended(job)
        };
        observed.jobs = jobs.items.iter().filter(open).map(ResourceExt::name_any).collect();
    }
    Ok(observed)
}
