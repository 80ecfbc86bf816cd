//! The four kinds of Knative Serving and Pods, as the registry serves them.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Handle,
    api::status::{ApiError, ApiResult},
    registry::{Key, Resource},
};

/// API group of Knative Serving.
pub(super) const GROUP: &str = "serving.knative.dev";

/// The definitions, compact: those of Knative Serving without descriptions.
const DEFINITIONS: [&str; 4] = [
    include_str!("crds/service.json"),
    include_str!("crds/configuration.json"),
    include_str!("crds/revision.json"),
    include_str!("crds/route.json"),
];

/// Where the objects are.
pub(super) struct Kinds {
    pub(super) services: Arc<Resource>,
    pub(super) configurations: Arc<Resource>,
    pub(super) routes: Arc<Resource>,
    pub(super) revisions: Arc<Resource>,
    pub(super) pods: Arc<Resource>,
}

impl Kinds {
    /// Installs the definitions where they are missing or older, and finds the resources.
    pub(super) async fn install(handle: &Handle) -> ApiResult<Self> {
        let definitions = handle.resource("apiextensions.k8s.io", "customresourcedefinitions")?;
        for text in DEFINITIONS {
            let definition: Value = serde_json::from_str(text).map_err(|error| {
                ApiError::internal(format!("a definition of Knative is no JSON: {error}"))
            })?;
            let name = definition["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            if handle.get(&definitions, "", &name).is_none() {
                handle.create(definition).await?;
            } else {
                let spec = definition["spec"].clone();
                handle
                    .update(&definitions, "", &name, |object| {
                        object.set("spec", spec.clone());
                        Ok(())
                    })
                    .await?;
            }
        }
        Ok(Self {
            services: handle.resource(GROUP, "services")?,
            configurations: handle.resource(GROUP, "configurations")?,
            routes: handle.resource(GROUP, "routes")?,
            revisions: handle.resource(GROUP, "revisions")?,
            pods: handle.resource("", "pods")?,
        })
    }
}

/// An object as its type; one that does not fit is passed over, and said so.
pub(super) fn read<K: DeserializeOwned>(handle: &Handle, resource: &Resource, key: &Key) -> Option<K> {
    let stored = handle.get(resource, &key.namespace, &key.name)?;
    typed(stored.object().value(), &resource.plural)
}

/// All objects of a namespace.
pub(super) fn read_all<K: DeserializeOwned>(handle: &Handle, resource: &Resource, namespace: &str) -> Vec<K> {
    let stored = handle.list(resource, Some(namespace));
    stored.iter().filter_map(|stored| typed(stored.object().value(), &resource.plural)).collect()
}

/// A value as its type.
pub(super) fn typed<K: DeserializeOwned>(value: &Value, plural: &str) -> Option<K> {
    match K::deserialize(value) {
        Ok(object) => Some(object),
        Err(error) => {
            let name = value["metadata"]["name"].as_str().unwrap_or_default();
            tracing::error!(resource = plural, object.name = name, %error, "an object cannot be read");
            None
        }
    }
}
