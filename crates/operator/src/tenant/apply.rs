//! Makes it so: the only step that writes what a tenant owns.

use bus::QueueSpec;
use domain::tenant::Tenant;
use k8s_openapi::api::{batch::v1::Job, core::v1::Pod};
use kube::{
    Api, ResourceExt,
    api::{DeleteParams, DynamicObject, Patch, PatchParams},
};

use super::{Context, dereference::Observed, render::Desired, validate::Validated};
use crate::{Result, drift::contains, function::MANAGER};

/// What is there after the writes.
#[derive(Debug)]
pub(super) struct Applied {
    /// The queue of dead letters is there.
    pub(super) queue_ready: bool,
    /// Something ran in a suspended tenant and was told to end.
    pub(super) still_running: bool,
}

pub(super) async fn run(
    tenant: &Tenant,
    valid: &Validated,
    desired: &[Desired],
    observed: &Observed,
    context: &Context,
) -> Result<Applied> {
    for one in desired {
        apply(one, context).await?;
    }
    let mut still_running = false;
    if tenant.spec.suspended {
        still_running = !observed.pods.is_empty() || !observed.jobs.is_empty();
        stop(valid, observed, context).await?;
    }
    let queue = bus::name::dead_letters(&valid.name);
    let declared = context.bus.declare(QueueSpec::dead_letters(&queue)).await;
    if let Err(error) = &declared {
        tracing::warn!(%error, queue.name = %queue, "a tenant's queue could not be declared");
    }
    Ok(Applied { queue_ready: declared.is_ok(), still_running })
}

/// Writes an object that is not as it ought to be.
async fn apply(desired: &Desired, context: &Context) -> Result<()> {
    let object = &desired.object;
    let api: Api<DynamicObject> = match object.namespace() {
        Some(namespace) => Api::namespaced_with(context.client.clone(), &namespace, &desired.kind),
        None => Api::all_with(context.client.clone(), &desired.kind),
    };
    let name = object.name_any();
    if let Some(current) = api.get_opt(&name).await?
        && contains(&serde_json::to_value(&current)?, &serde_json::to_value(object)?)
    {
        return Ok(());
    }
    api.patch(&name, &PatchParams::apply(MANAGER).force(), &Patch::Apply(object)).await?;
    Ok(())
}

/// Ends what runs; the quota keeps it from coming back, and a deleted Job is told as a stopped build.
async fn stop(valid: &Validated, observed: &Observed, context: &Context) -> Result<()> {
    let gone = |result: Result<(), kube::Error>| match result {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        other => other,
    };
    let jobs = Api::<Job>::namespaced(context.client.clone(), valid.name.as_str());
    for name in &observed.jobs {
        gone(jobs.delete(name, &DeleteParams::background()).await.map(drop))?;
    }
    let pods = Api::<Pod>::namespaced(context.client.clone(), valid.name.as_str());
    for name in &observed.pods {
        gone(pods.delete(name, &DeleteParams::default()).await.map(drop))?;
    }
    Ok(())
}
