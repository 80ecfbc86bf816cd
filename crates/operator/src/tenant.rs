//! The Tenant controller: a namespace with everything that keeps a team within its bounds.

mod apply;
mod dereference;
mod render;
mod status;
mod validate;

use std::{sync::Arc, time::Duration};

use bus::Bus;
use domain::{Clock, SystemClock, function::LABEL_TENANT, tenant::Tenant};
use futures::StreamExt;
use k8s_openapi::api::{
    core::v1::{LimitRange, Namespace, ServiceAccount},
    networking::v1::NetworkPolicy,
    rbac::v1::{Role, RoleBinding},
};
use kube::{
    Api, Client, Resource, ResourceExt,
    runtime::{
        Controller,
        controller::Action,
        reflector::{ObjectRef, Store},
        watcher,
    },
};
use tokio_util::sync::CancellationToken;

use crate::{Error, Result};

/// Wait after a failed reconcile, and between looks at a tenant that is being stopped.
const AGAIN: Duration = Duration::from_secs(2);

/// How often a tenant's quota is looked at: a watch would tell of every instance that starts.
const LOOK: Duration = Duration::from_secs(300);

/// What every reconcile needs.
pub(crate) struct Context {
    client: Client,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
}

/// The controller, and all tenants as its watch has them.
pub(crate) fn controller(client: &Client) -> (Controller<Tenant>, Store<Tenant>) {
    let controller = Controller::new(Api::<Tenant>::all(client.clone()), watcher::Config::default());
    let store = controller.store();
    (controller, store)
}

/// Runs the controller until `stop`.
pub(crate) async fn run(
    controller: Controller<Tenant>,
    client: Client,
    bus: Arc<dyn Bus>,
    stop: CancellationToken,
) {
    let context = Arc::new(Context { client: client.clone(), bus, clock: Arc::new(SystemClock) });
    let ours = watcher::Config::default().labels(LABEL_TENANT);
    // By label, not by owner: the namespace of the first tenant was there before it.
    controller
        .watches(Api::<Namespace>::all(client.clone()), ours.clone(), tenant_of)
        .watches(Api::<LimitRange>::all(client.clone()), ours.clone(), tenant_of)
        .watches(Api::<NetworkPolicy>::all(client.clone()), ours.clone(), tenant_of)
        .watches(Api::<ServiceAccount>::all(client.clone()), ours.clone(), tenant_of)
        .watches(Api::<Role>::all(client.clone()), ours.clone(), tenant_of)
        .watches(Api::<RoleBinding>::all(client), ours, tenant_of)
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(reconcile, on_error, context)
        .for_each(|_| async {})
        .await;
}

fn tenant_of<K: Resource>(object: K) -> Option<ObjectRef<Tenant>> {
    object.labels().get(LABEL_TENANT).map(|name| ObjectRef::new(name))
}

/// dereference → validate → render → apply → status.
async fn reconcile(tenant: Arc<Tenant>, context: Arc<Context>) -> Result<Action> {
    if tenant.metadata.deletion_timestamp.is_some() {
        // What it owns goes with it.
        return Ok(Action::await_change());
    }
    let observed = dereference::run(&tenant, &context).await?;
    let valid = validate::run(&tenant, &observed);
    let applied = match &valid {
        Ok(valid) => {
            let desired = render::run(&tenant, valid)?;
            Some(Box::pin(apply::run(&tenant, valid, &desired, &observed, &context)).await?)
        }
        Err(_) => None,
    };
    let next = status::derive(&tenant, valid.err(), applied.as_ref(), context.clock.now());
    status::write(&tenant, next, &context).await?;
    let running = applied.is_some_and(|applied| applied.still_running);
    Ok(Action::requeue(if running { AGAIN } else { LOOK }))
}

fn on_error(tenant: Arc<Tenant>, error: &Error, _: Arc<Context>) -> Action {
    if !error.is_conflict() {
        tracing::warn!(%error, tenant.name = %tenant.name_any(), "a tenant could not be set up and is tried again");
    }
    Action::requeue(AGAIN)
}
