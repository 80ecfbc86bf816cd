//! From changes in the registry to keys in the queue and Pods in the index.

use std::sync::Arc;

use knative::serving::annotation;

use super::hub::{Hub, Item};
use crate::registry::{Key, Resource, Stored, object::Object, storage::ChangeKind};

/// What a watch is about.
#[derive(Clone, Copy)]
pub(super) enum Subject {
    Services,
    Configurations,
    Routes,
    Revisions,
    Pods,
}

/// Follows one resource until shutdown.
pub(super) async fn follow(hub: Arc<Hub>, subject: Subject) {
    let resource = resource(&hub, subject).clone();
    loop {
        let (items, mut watcher) = hub.handle.list_and_watch(&resource);
        if matches!(subject, Subject::Pods) {
            hub.keep_pods(&items);
        }
        // What has vanished unseen is looked for, and not found.
        for item in known(&hub, subject) {
            hub.queue.push(item);
        }
        for stored in items {
            see(&hub, subject, &stored, false);
        }
        loop {
            let changes = tokio::select! {
                () = hub.shutdown.cancelled() => return,
                changes = watcher.next() => changes,
            };
            // Too far behind: begin again with a list.
            let Ok(changes) = changes else { break };
            for change in changes {
                see(&hub, subject, &change.now, change.kind == ChangeKind::Deleted);
            }
        }
    }
}

fn resource(hub: &Hub, subject: Subject) -> &Arc<Resource> {
    match subject {
        Subject::Services => &hub.kinds.services,
        Subject::Configurations => &hub.kinds.configurations,
        Subject::Routes => &hub.kinds.routes,
        Subject::Revisions => &hub.kinds.revisions,
        Subject::Pods => &hub.kinds.pods,
    }
}

/// What is remembered of objects beside the registry.
fn known(hub: &Hub, subject: Subject) -> Vec<Item> {
    match subject {
        Subject::Revisions => hub.member_keys().into_iter().map(Item::Revision).collect(),
        Subject::Routes => hub.table.services().into_iter().map(Item::Route).collect(),
        Subject::Services | Subject::Configurations | Subject::Pods => Vec::new(),
    }
}

fn see(hub: &Hub, subject: Subject, stored: &Stored, gone: bool) {
    let object = stored.object();
    let key = Key::of(object);
    match subject {
        Subject::Services => hub.queue.push(Item::Service(key)),
        Subject::Configurations => {
            for name in [object.label(annotation::SERVICE), Some(object.name())].into_iter().flatten() {
                hub.queue.push(Item::Route(Key::new(object.namespace(), name)));
            }
            parent(hub, object, annotation::SERVICE, Item::Service);
            hub.queue.push(Item::Configuration(key));
        }
        Subject::Routes => {
            hub.queue.push(Item::Route(key));
            parent(hub, object, annotation::SERVICE, Item::Service);
        }
        Subject::Revisions => {
            hub.queue.push(Item::Revision(key));
            parent(hub, object, annotation::CONFIGURATION, Item::Configuration);
            parent(hub, object, annotation::CONFIGURATION, Item::Route);
        }
        Subject::Pods => hub.see_pod(object.value(), gone),
    }
}

fn parent(hub: &Hub, object: &Object, label: &str, item: impl Fn(Key) -> Item) {
    if let Some(name) = object.label(label) {
        hub.queue.push(item(Key::new(object.namespace(), name)));
    }
}
