//! From the traffic of a Route to the table that the activator reads.

use std::{collections::BTreeMap, sync::Arc};

use knative::{
    condition,
    serving::{Configuration, Revision, Route, RouteStatus},
};
use kube::ResourceExt;

use super::{
    activator::{Backend, Target},
    hub::{Hub, Stage},
    kinds::read,
    revision::was_ready,
    route::{self, Lookup},
};
use crate::registry::Key;

/// The Configurations and Revisions that a Route names, read once.
#[derive(Default)]
pub(super) struct World {
    configurations: BTreeMap<String, Configuration>,
    revisions: BTreeMap<String, Revision>,
}

impl World {
    pub(super) fn read(hub: &Hub, route: &Route) -> Self {
        let namespace = route.namespace().unwrap_or_default();
        let mut world = Self::default();
        for target in &route.spec.traffic {
            if let Some(name) = &target.configuration_name
                && let Some(found) = read(&hub.handle, &hub.kinds.configurations, &Key::new(&namespace, name))
            {
                world.configurations.insert(name.clone(), found);
            }
            if let Some(name) = &target.revision_name
                && let Some(found) = read(&hub.handle, &hub.kinds.revisions, &Key::new(&namespace, name))
            {
                world.revisions.insert(name.clone(), found);
            }
        }
        world
    }
}

impl Lookup for World {
    fn configuration(&self, name: &str) -> Option<&Configuration> {
        self.configurations.get(name)
    }

    fn revision(&self, name: &str) -> Option<&Revision> {
        self.revisions.get(name)
    }
}

/// Puts the targets of a Route into the table: the Service's own name, and one name per tag.
pub(super) async fn install(hub: &Hub, route: &Route, status: &RouteStatus) {
    let (name, namespace) = (route.name_any(), route.namespace().unwrap_or_default());
    let service: Arc<str> = name.as_str().into();
    let unready = condition::find(&status.conditions, "Ready").and_then(|c| c.message.clone());
    let unready = unready.unwrap_or_else(|| "it is being deployed.".into());
    let local = route::is_local(route);
    let target =
        |parts: Vec<(i64, Arc<Backend>)>| Target::new(service.clone(), parts, unready.clone(), local);

    let mut whole = Vec::new();
    let mut tagged = Vec::new();
    for part in &status.traffic {
        let Some(revision) = &part.revision_name else { continue };
        let Some(backend) = backend(hub, &Key::new(&namespace, revision)) else { continue };
        if let Some(tag) = &part.tag {
            tagged.push((format!("{tag}-{name}"), target(vec![(100, backend.clone())])));
        }
        whole.push((part.percent.unwrap_or(0), backend));
    }
    let mut targets = vec![(name.clone(), target(whole))];
    targets.extend(tagged);
    hub.table.set(&namespace, &name, targets).await;
}

/// Takes a Route's targets out of the table.
pub(super) async fn forget(hub: &Hub, key: &Key) {
    hub.table.set(&key.namespace, &key.name, Vec::new()).await;
}

fn backend(hub: &Hub, key: &Key) -> Option<Arc<Backend>> {
    let revision: Revision = read(&hub.handle, &hub.kinds.revisions, key)?;
    let stage = if was_ready(&revision) { Stage::Proven } else { Stage::New };
    Some(hub.join(key, &revision, stage).backend.clone())
}
