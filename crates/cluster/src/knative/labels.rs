//! Marks Revisions by whether a Route sends them traffic: `routingState` active or reserve.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use knative::serving::{Revision, Route, RouteStatus, annotation};
use kube::ResourceExt;
use serde_json::{Value, json};

use super::{
    configuration::{revision_name, seconds},
    hub::Hub,
    kinds::read_all,
    route::Lookup,
    routing::World,
};
use crate::api::status::ApiResult;

/// Brings the marks of all Revisions of a Route's Configuration up to date. The newest Revision counts as
/// routed while it starts, if the Route follows the newest.
pub(super) async fn mark(
    hub: &Hub,
    route: &Route,
    status: &RouteStatus,
    world: &World,
    now: &Time,
) -> ApiResult<()> {
    let (name, namespace) = (route.name_any(), route.namespace().unwrap_or_default());
    let followed: Vec<_> = route
        .spec
        .traffic
        .iter()
        .filter_map(|t| t.configuration_name.as_deref())
        .filter_map(|configuration| world.configuration(configuration))
        .collect();
    let newest: Vec<String> = followed.iter().map(|c| revision_name(c)).collect();
    let all: Vec<Revision> = read_all(&hub.handle, &hub.kinds.revisions, &namespace);
    for revision in &all {
        let own = revision.labels().get(annotation::CONFIGURATION);
        let marked = revision.annotations().get(annotation::ROUTES) == Some(&name);
        if own != Some(&name) && !marked {
            continue;
        }
        let this = revision.name_any();
        let routed =
            status.traffic.iter().any(|t| t.revision_name.as_ref() == Some(&this)) || newest.contains(&this);
        set(hub, &namespace, revision, routed.then_some(&name), now).await?;
    }
    Ok(())
}

async fn set(
    hub: &Hub,
    namespace: &str,
    revision: &Revision,
    route: Option<&String>,
    now: &Time,
) -> ApiResult<()> {
    let state = if route.is_some() { "active" } else { "reserve" };
    let same_state = revision.labels().get(annotation::ROUTING_STATE).is_some_and(|s| s == state);
    if same_state && revision.annotations().get(annotation::ROUTES) == route {
        return Ok(());
    }
    let change = |object: &mut crate::registry::object::Object| {
        let metadata = object.metadata_mut();
        let field =
            |metadata: &mut serde_json::Map<String, Value>, field: &str, key: &str, value: Option<Value>| {
                let map = metadata.entry(field).or_insert_with(|| json!({}));
                if let Some(map) = map.as_object_mut() {
                    match value {
                        Some(value) => map.insert(key.into(), value),
                        None => map.remove(key),
                    };
                }
            };
        field(metadata, "labels", annotation::ROUTING_STATE, Some(state.into()));
        field(metadata, "annotations", annotation::ROUTES, route.map(|r| json!(r)));
        if !same_state {
            field(metadata, "annotations", annotation::ROUTING_STATE_MODIFIED, Some(json!(seconds(now))));
        }
        Ok(())
    };
    hub.handle.update(&hub.kinds.revisions, namespace, &revision.name_any(), change).await?;
    Ok(())
}
