//! Start and wiring of the embedded Knative Serving.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, RwLock},
};

use knative::serving::{Revision, Route};
use kube::Resource;
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    activator::Activator,
    config::Config,
    controller,
    hub::{Hub, Queues, Stage},
    kinds::{Kinds, typed},
    revision::was_ready,
    routing, scaler,
    watch::{Subject, follow},
};
use crate::{Handle, api::status::ApiResult, registry::Key};

/// Installs the definitions, takes up what is there from a former run, and starts the controllers and the
/// scaler, which feed the activator. They end with `shutdown`.
pub(crate) async fn start(
    handle: Handle,
    config: Config,
    activator: &Activator,
    tasks: &TaskTracker,
    shutdown: CancellationToken,
) -> ApiResult<()> {
    let kinds = Kinds::install(&handle).await?;
    let (pokes, poked) = mpsc::unbounded_channel();
    let hub = Arc::new(Hub {
        handle,
        kinds,
        queue: Queues::new(),
        table: activator.table().clone(),
        tasks: tasks.clone(),
        shutdown,
        pokes,
        members: RwLock::new(HashMap::new()),
        pods: Mutex::new(HashMap::new()),
        alarms: Mutex::new(HashSet::new()),
        config,
    });
    recover(&hub).await;
    tasks.spawn(scaler::run(hub.clone(), poked));
    for subject in
        [Subject::Pods, Subject::Revisions, Subject::Services, Subject::Configurations, Subject::Routes]
    {
        tasks.spawn(follow(hub.clone(), subject));
    }
    for place in 0..Queues::COUNT {
        let hub = hub.clone();
        tasks.spawn(async move { Box::pin(controller::run(hub, place)).await });
    }
    Ok(())
}

/// Takes up Pods, Revisions and Routes that are there already, so that the first request after a restart
/// finds its way at once.
async fn recover(hub: &Hub) {
    for stored in hub.handle.list(&hub.kinds.pods, None) {
        hub.see_pod(stored.object().value(), false);
    }
    for stored in hub.handle.list(&hub.kinds.revisions, None) {
        let Some(revision): Option<Revision> = typed(stored.object().value(), "revisions") else { continue };
        let stage = if was_ready(&revision) { Stage::Proven } else { Stage::New };
        hub.join(&Key::of(stored.object()), &revision, stage);
    }
    for stored in hub.handle.list(&hub.kinds.routes, None) {
        let Some(route): Option<Route> = typed(stored.object().value(), "routes") else { continue };
        if route.meta().deletion_timestamp.is_none()
            && let Some(status) = route.status.clone()
        {
            routing::install(hub, &route, &status).await;
        }
    }
}
