//! What a change is to one watch: with a selector, an object can come into view and leave it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::media::Shape;
use crate::api::verbs::Target;
use crate::registry::Stored;
use crate::registry::resource::Resource;
use crate::registry::selector::Selector;
use crate::registry::storage::{Change, ChangeKind};

/// The event that a watch sees, if it sees one.
pub(super) fn event(
    target: &Target,
    selector: &Selector,
    change: &Change,
) -> Option<(&'static str, Arc<Stored>)> {
    let namespace = change.now.object().namespace();
    let other = |wanted: &str, is: &str| !wanted.is_empty() && wanted != is;
    if other(&target.namespace, namespace) || other(&target.name, change.now.object().name()) {
        return None;
    }
    let was_seen = change.before.as_ref().is_some_and(|before| selector.matches(before.object()));
    let is_seen = change.kind != ChangeKind::Deleted && selector.matches(change.now.object());
    match (was_seen, is_seen) {
        (false, true) => Some(("ADDED", change.now.clone())),
        (true, true) => Some(("MODIFIED", change.now.clone())),
        (true, false) if change.kind == ChangeKind::Deleted => Some(("DELETED", change.now.clone())),
        // It left: the watch gets what it saw last, in the version in which it left.
        (true, false) => {
            let before = change.before.as_ref()?.object().clone();
            Some(("DELETED", Arc::new(Stored::new(before, change.version()))))
        }
        (false, false) => None,
    }
}

/// An object with nothing but the version up to which everything has been sent.
pub(super) fn bookmark(resource: &Resource, shape: Shape, version: u64, initial_end: bool) -> Value {
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if initial_end {
        metadata["annotations"] = json!({"k8s.io/initial-events-end": "true"});
    }
    let (kind, api_version) = match shape {
        Shape::Object => (resource.kind.clone(), resource.api_version()),
        Shape::Metadata => ("PartialObjectMetadata".to_owned(), "meta.k8s.io/v1".to_owned()),
        Shape::Table(_) => ("Table".to_owned(), "meta.k8s.io/v1".to_owned()),
    };
    if let Shape::Table(_) = shape {
        return json!({"kind": kind, "apiVersion": api_version, "metadata": metadata, "columnDefinitions": null, "rows": []});
    }
    json!({"kind": kind, "apiVersion": api_version, "metadata": metadata})
}
