//! `apiVersion` and `kind` of a body against those of the path.

use serde_json::{Map, Value, json};

use crate::api::query::WriteOptions;
use crate::api::status::{ApiError, ApiResult, Cause};
use crate::registry::object::Object;
use crate::registry::resource::Resource;

/// Refuses another type; fills in `apiVersion`, `kind` and `metadata` where they are missing.
pub(super) fn check(resource: &Resource, value: Value, options: &WriteOptions) -> ApiResult<Object> {
    let mut fields = match value {
        Value::Object(fields) => fields,
        Value::Null => Map::new(),
        _ => {
            let kind = &resource.kind;
            return Err(ApiError::bad_request(format!(
                "the object provided is unrecognized (must be of type {kind}): couldn't get version/kind"
            )));
        }
    };
    if resource.is_custom() {
        check_custom(resource, &fields, options)?;
    } else {
        check_built_in(resource, &fields)?;
    }
    fields.insert("apiVersion".into(), resource.api_version().into());
    fields.insert("kind".into(), resource.kind.as_str().into());
    if !fields.get("metadata").is_some_and(Value::is_object) {
        fields.insert("metadata".into(), json!({}));
    }
    Ok(Object::from(Value::Object(fields)))
}

fn text<'a>(fields: &'a Map<String, Value>, field: &str) -> &'a str {
    fields.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Custom resources have to say what they are.
fn check_custom(resource: &Resource, fields: &Map<String, Value>, options: &WriteOptions) -> ApiResult<()> {
    let (version, kind, expected) =
        (text(fields, "apiVersion"), text(fields, "kind"), resource.api_version());
    if version.is_empty() || kind.is_empty() {
        let missing = if kind.is_empty() { "Kind" } else { "apiVersion" };
        let shown = Value::from(fields.clone());
        return Err(ApiError::bad_request(format!("Object '{missing}' is missing in '{shown}'")));
    }
    if version != expected {
        // Of a version without a schema nothing but the metadata is known.
        let known = |field: &String| matches!(field.as_str(), "apiVersion" | "kind" | "metadata");
        for field in fields.keys().filter(|field| !known(field)) {
            options.warnings.add(format!("unknown field \"{field}\""));
        }
        return Err(ApiError::bad_request(format!(
            "the API version in the data ({version}) does not match the expected API version ({expected})"
        )));
    }
    if kind != resource.kind {
        let name = fields.get("metadata").and_then(|metadata| metadata["name"].as_str()).unwrap_or_default();
        let cause = Cause::invalid("kind", &kind.into(), &format!("must be {}", resource.kind));
        return Err(ApiError::invalid_kind(&resource.group, kind, name, vec![cause]));
    }
    Ok(())
}

fn check_built_in(resource: &Resource, fields: &Map<String, Value>) -> ApiResult<()> {
    let (version, kind, expected) =
        (text(fields, "apiVersion"), text(fields, "kind"), resource.api_version());
    let fits = |given: &str, expected: &str| given.is_empty() || given == expected;
    if fits(version, &expected) && fits(kind, &resource.kind) {
        return Ok(());
    }
    let own = &resource.kind;
    let package = if resource.group.is_empty() { "core" } else { &resource.group };
    Err(ApiError::bad_request(format!(
        "{kind} in version \"{version}\" cannot be handled as a {own}: converting ({version}.{kind}) to ({package}.{own}): unknown conversion"
    )))
}
