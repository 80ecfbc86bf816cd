//! The scale subresource: replicas of any kind, read and set in one form.

use serde_json::{Value, json};

use crate::api::status::{ApiError, ApiResult, Cause};
use crate::registry::object::Object;
use crate::registry::resource::{Resource, ScalePaths};

/// Where built-in workloads keep their numbers.
fn paths(resource: &Resource) -> ScalePaths {
    resource.custom.as_ref().and_then(|custom| custom.scale.clone()).unwrap_or_else(|| ScalePaths {
        spec_replicas: "/spec/replicas".into(),
        status_replicas: "/status/replicas".into(),
        label_selector: None,
    })
}

/// The `autoscaling/v1 Scale` of an object.
pub(super) fn read(resource: &Resource, object: &Object) -> ApiResult<Object> {
    let paths = paths(resource);
    let number = |pointer: &str| object.at(pointer).and_then(Value::as_i64);
    let replicas = number(&paths.spec_replicas);
    if replicas.is_none() && resource.is_custom() {
        let field = paths.spec_replicas.replace('/', ".");
        return Err(ApiError::internal(format!("the spec replicas field \"{field}\" does not exist")));
    }
    let mut metadata = json!({});
    for field in ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"] {
        metadata[field] = object.at(&format!("/metadata/{field}")).cloned().unwrap_or_default();
    }
    let mut scale = json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": {},
        "status": {"replicas": number(&paths.status_replicas).unwrap_or(0)},
    });
    if let Some(replicas) = replicas.filter(|replicas| *replicas != 0) {
        scale["spec"]["replicas"] = replicas.into();
    }
    let selector = match &paths.label_selector {
        Some(pointer) => object.text(pointer).to_owned(),
        None if !resource.is_custom() => selector_text(object),
        None => String::new(),
    };
    if !selector.is_empty() {
        scale["status"]["selector"] = selector.into();
    }
    Ok(scale.into())
}

/// What is wrong with the replicas of a custom resource, whichever door they came through.
pub(super) fn negative(resource: &Resource, object: &Object) -> Option<Cause> {
    let pointer = &resource.custom.as_ref()?.scale.as_ref()?.spec_replicas;
    let replicas = object.at(pointer)?.as_i64().filter(|replicas| *replicas < 0)?;
    Some(Cause::invalid(pointer.replace('/', "."), &replicas.into(), "should be a non-negative integer"))
}

/// The object with the replicas of a scale.
pub(super) fn write(resource: &Resource, object: &Object, scale: &Object) -> Object {
    let mut scaled = object.clone();
    let replicas = scale.at("/spec/replicas").cloned().unwrap_or(0.into());
    let pointer = paths(resource).spec_replicas;
    if let Some((parent, field)) = pointer.rsplit_once('/')
        && let Some(parent) = scaled.value_mut().pointer_mut(parent).and_then(Value::as_object_mut)
    {
        parent.insert(field.to_owned(), replicas);
    }
    scaled.set_metadata("resourceVersion", scale.resource_version());
    scaled.set_metadata("uid", scale.uid());
    scaled
}

/// `matchLabels` as `a=b,c=d`.
fn selector_text(object: &Object) -> String {
    let labels = object.at("/spec/selector/matchLabels").or_else(|| object.at("/spec/selector"));
    let labels = labels.and_then(Value::as_object).into_iter().flatten();
    let terms: Vec<String> =
        labels.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect();
    terms.join(",")
}
