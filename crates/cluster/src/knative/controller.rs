//! The controller: looks at one object after the other and writes what is missing. Level based: it reads
//! the present state from the registry and compares, so that it does not matter what happened before.

use std::sync::Arc;

use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Time, jiff::Timestamp};
use knative::serving::{Configuration, Revision, Route, Service, annotation};
use kube::ResourceExt;
use serde_json::{Map, Value, json};

use super::{
    configuration,
    hub::{Hub, Item},
    kinds::{self, GROUP, read, read_all},
    labels, revision_step, route, routing, service,
};
use crate::{
    api::status::ApiResult,
    registry::{Key, Resource},
};

/// How long a failed attempt rests.
const RETRY: std::time::Duration = std::time::Duration::from_millis(200);

/// Works one of the queues off until shutdown.
pub(super) async fn run(hub: Arc<Hub>, queue: usize) {
    loop {
        let item = tokio::select! {
            () = hub.shutdown.cancelled() => return,
            item = hub.queue.at(queue).pop() => item,
        };
        if let Err(error) = Box::pin(look(&hub, &item)).await {
            if error.code() != http::StatusCode::NOT_FOUND && error.reason() != "Conflict" {
                tracing::warn!(?item, %error, "a Knative object could not be brought up to date");
            }
            look_again(&hub, item, RETRY);
        }
    }
}

/// Puts an item back later.
fn look_again(hub: &Arc<Hub>, item: Item, after: std::time::Duration) {
    let later = hub.clone();
    hub.tasks.spawn(async move {
        tokio::select! {
            () = later.shutdown.cancelled() => {}
            () = tokio::time::sleep(after) => later.queue.push(item),
        }
    });
}

async fn look(hub: &Arc<Hub>, item: &Item) -> ApiResult<()> {
    match item {
        Item::Service(key) => look_at_service(hub, key).await,
        Item::Configuration(key) => look_at_configuration(hub, key).await,
        Item::Route(key) => look_at_route(hub, key).await,
        Item::Revision(key) => revision_step::look(hub, key).await,
    }
}

/// The present time in whole seconds, as Kubernetes writes it.
pub(super) fn now(hub: &Hub) -> Time {
    let seconds = hub.handle.now().as_second();
    Time(Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH))
}

async fn look_at_service(hub: &Hub, key: &Key) -> ApiResult<()> {
    let Some(stored) = hub.handle.get(&hub.kinds.services, &key.namespace, &key.name) else { return Ok(()) };
    let object = stored.object();
    let Some(service): Option<Service> = kinds::typed(object.value(), "services") else { return Ok(()) };
    if object.is_deleting() {
        return Ok(());
    }
    let desired = service::configuration(&service);
    let template = object.at("/spec/template").cloned().unwrap_or_else(|| json!({}));
    let spec = json!({ "template": template });
    ensure(hub, &hub.kinds.configurations, "Configuration", &desired.metadata, spec).await?;
    let desired = service::route(&service);
    let spec = to_value(&desired.spec);
    ensure(hub, &hub.kinds.routes, "Route", &desired.metadata, spec).await?;

    // In this order: a Route's status follows from the Configuration's, and must not be shown with an older one.
    let route: Option<Route> = read(&hub.handle, &hub.kinds.routes, key);
    let configuration: Option<Configuration> = read(&hub.handle, &hub.kinds.configurations, key);
    let status = service::status(&service, configuration.as_ref(), route.as_ref(), &now(hub));
    write_status(hub, &hub.kinds.services, key, to_value(&status)).await
}

/// Makes a child, or brings spec, labels and annotations of the one that is there to what they shall be.
/// What others added to labels and annotations stays.
async fn ensure(
    hub: &Hub,
    resource: &Arc<Resource>,
    kind: &str,
    metadata: &k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta,
    spec: Value,
) -> ApiResult<()> {
    let namespace = metadata.namespace.clone().unwrap_or_default();
    let name = metadata.name.clone().unwrap_or_default();
    let Some(present) = hub.handle.get(resource, &namespace, &name) else {
        let api_version = format!("{GROUP}/v1");
        let object =
            json!({"apiVersion": api_version, "kind": kind, "metadata": to_value(metadata), "spec": spec});
        hub.handle.create(object).await?;
        return Ok(());
    };
    let missing = |present: &Value, field: &str, desired: &Value| {
        let wanted = desired[field].as_object().into_iter().flatten();
        wanted.into_iter().any(|(key, value)| present["metadata"][field][key] != *value)
    };
    let wanted = to_value(metadata);
    let value = present.object().value();
    if value["spec"] == spec && !missing(value, "labels", &wanted) && !missing(value, "annotations", &wanted)
    {
        return Ok(());
    }
    let change = |object: &mut crate::registry::object::Object| {
        object.set("spec", spec.clone());
        for field in ["labels", "annotations"] {
            let mut merged = object.at(&format!("/metadata/{field}")).cloned().unwrap_or(Value::Null);
            let own = wanted[field].as_object().cloned().unwrap_or_default();
            match merged.as_object_mut() {
                Some(merged) => merged.extend(own),
                None => merged = Value::Object(own),
            }
            object.set_metadata(field, merged);
        }
        Ok(())
    };
    hub.handle.update(resource, &namespace, &name, change).await?;
    Ok(())
}

async fn look_at_configuration(hub: &Hub, key: &Key) -> ApiResult<()> {
    let Some(stored) = hub.handle.get(&hub.kinds.configurations, &key.namespace, &key.name) else {
        return Ok(());
    };
    let object = stored.object();
    let Some(configuration): Option<Configuration> = kinds::typed(object.value(), "configurations") else {
        return Ok(());
    };
    if object.is_deleting() {
        return Ok(());
    }
    let name = configuration::revision_name(&configuration);
    let now = now(hub);
    if hub.handle.get(&hub.kinds.revisions, &key.namespace, &name).is_none() {
        let revision = configuration::revision(&configuration, &now);
        let spec = object.at("/spec/template/spec").cloned().unwrap_or_else(|| Value::Object(Map::new()));
        let object = json!({
            "apiVersion": format!("{GROUP}/v1"), "kind": "Revision",
            "metadata": to_value(&revision.metadata), "spec": spec
        });
        hub.handle.create(object).await?;
    }
    let all: Vec<Revision> = read_all(&hub.handle, &hub.kinds.revisions, &key.namespace);
    let own = all.iter().filter(|r| r.labels().get(annotation::CONFIGURATION) == Some(&key.name));
    let status = configuration::status(&configuration, &own.collect::<Vec<_>>(), &now);
    write_status(hub, &hub.kinds.configurations, key, to_value(&status)).await
}

async fn look_at_route(hub: &Hub, key: &Key) -> ApiResult<()> {
    let Some(stored) = hub.handle.get(&hub.kinds.routes, &key.namespace, &key.name) else {
        routing::forget(hub, key).await;
        return Ok(());
    };
    let object = stored.object();
    let Some(route): Option<Route> = kinds::typed(object.value(), "routes") else { return Ok(()) };
    if object.is_deleting() {
        routing::forget(hub, key).await;
        let let_go = |object: &mut crate::registry::object::Object| {
            object.remove_finalizer(route::FINALIZER);
            Ok(())
        };
        if object.has_finalizer(route::FINALIZER) {
            hub.handle.update(&hub.kinds.routes, &key.namespace, &key.name, let_go).await?;
        }
        return Ok(());
    }
    if !object.has_finalizer(route::FINALIZER) {
        let hold = |object: &mut crate::registry::object::Object| {
            object.add_finalizer(route::FINALIZER);
            Ok(())
        };
        hub.handle.update(&hub.kinds.routes, &key.namespace, &key.name, hold).await?;
    }
    let world = routing::World::read(hub, &route);
    let status = route::status(&route, route::assign(&route, &world, &hub.config), &hub.config, &now(hub));
    routing::install(hub, &route, &status).await;
    labels::mark(hub, &route, &status, &world, &now(hub)).await?;
    write_status(hub, &hub.kinds.routes, key, to_value(&status)).await
}

/// Writes a status where it differs from the one that is there.
pub(super) async fn write_status(
    hub: &Hub,
    resource: &Arc<Resource>,
    key: &Key,
    status: Value,
) -> ApiResult<()> {
    let present = hub.handle.get(resource, &key.namespace, &key.name);
    if present.is_none_or(|stored| stored.object().at("/status") == Some(&status)) {
        return Ok(());
    }
    let change = |object: &mut crate::registry::object::Object| {
        object.set("status", status.clone());
        Ok(())
    };
    // Should the disk refuse it, the watches begin anew and bring the object here again.
    hub.handle.soon().update_status(resource, &key.namespace, &key.name, change).await?;
    Ok(())
}

pub(super) fn to_value(it: &impl serde::Serialize) -> Value {
    // Our own types: string keys and finite numbers, which JSON can hold.
    serde_json::to_value(it).unwrap_or_default()
}
