//! CustomResourceDefinitions: from the object to the resources that it adds.

mod compiled;
mod definition;
mod scale;
mod structural;
mod validate;

use std::sync::Arc;

use serde_json::Value;

use crate::api::status::{ApiError, ApiResult};
use crate::registry::resource::{Custom, Resource, ScalePaths, Subresource, Verbs};

pub use definition::{apply_defaults, prepare_create};
pub use scale::validate as validate_scale;
pub use validate::{validate, validate_update};

/// The resources that a definition adds, one for each served version.
pub fn register(definition: &Value) -> ApiResult<Vec<Resource>> {
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array);
    let storage_version = versions
        .into_iter()
        .flatten()
        .find(|version| version["storage"] == true)
        .and_then(|version| version["name"].as_str())
        .unwrap_or_default();
    let served = versions.into_iter().flatten().filter(|version| version["served"] == true);
    served.map(|version| resource(definition, version, storage_version)).collect()
}

fn resource(definition: &Value, version: &Value, storage_version: &str) -> ApiResult<Resource> {
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| value.as_array().into_iter().flatten().map(text).collect::<Vec<_>>();
    let schema =
        compiled::schema(definition, version).map_err(|error| ApiError::internal(error.to_string()))?;
    let (group, names) = (text(&spec["group"]), &spec["names"]);
    let (kind, plural) = (text(&names["kind"]), text(&names["plural"]));
    let mut subresources = Vec::new();
    let scale = version["subresources"].get("scale").map(scale_paths);
    if scale.is_some() {
        subresources.push(Subresource::Scale);
    }
    if version["subresources"].get("status").is_some() {
        subresources.push(Subresource::Status);
    }
    let fields = version["selectableFields"].as_array().into_iter().flatten();
    Ok(Resource {
        storage: format!("{group}/{plural}").into(),
        version: text(&version["name"]),
        singular: names["singular"].as_str().map_or_else(|| kind.to_lowercase(), str::to_owned),
        list_kind: names["listKind"].as_str().map_or_else(|| format!("{kind}List"), str::to_owned),
        short_names: texts(&names["shortNames"]),
        categories: texts(&names["categories"]),
        namespaced: spec["scope"] == "Namespaced",
        verbs: Verbs::All,
        subresources,
        selectable_fields: fields
            .map(|one| text(&one["jsonPath"]).trim_start_matches('.').to_owned())
            .collect(),
        generation: true,
        custom: Some(Arc::new(Custom {
            definition: format!("{plural}.{group}"),
            schema,
            printer_columns: version["additionalPrinterColumns"].as_array().cloned().unwrap_or_default(),
            storage_version: storage_version.to_owned(),
            scale,
        })),
        group,
        kind,
        plural,
    })
}

fn scale_paths(scale: &Value) -> ScalePaths {
    let pointer = |field: &str| scale[field].as_str().map(|path| path.replace('.', "/"));
    ScalePaths {
        spec_replicas: pointer("specReplicasPath").unwrap_or_default(),
        status_replicas: pointer("statusReplicasPath").unwrap_or_default(),
        label_selector: pointer("labelSelectorPath"),
    }
}
