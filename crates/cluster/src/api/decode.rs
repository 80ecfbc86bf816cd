//! From the bytes of a body to an object of the kind that the path names.

use serde_json::Value;

use crate::api::query::{FieldValidation, WriteOptions};
use crate::api::status::{ApiError, ApiResult, Cause};
use crate::registry::object::Object;
use crate::registry::resource::Resource;
use crate::registry::builtin;

const ACCEPTED: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// Reads a body as an object of `resource`.
pub(super) fn object(resource: &Resource, content_type: &str, body: &[u8]) -> ApiResult<Object> {
    let value = match content_type {
        "application/json" => json(resource, body)?,
        "application/yaml" | "application/x-yaml" => yaml(body)?,
        _ => return Err(ApiError::unsupported_media_type(ACCEPTED)),
    };
    typed(resource, value)
}

fn json(resource: &Resource, body: &[u8]) -> ApiResult<Value> {
    serde_json::from_slice(body).map_err(|error| {
        let why = if error.is_eof() { "unexpected end of JSON input".to_owned() } else { error.to_string() };
        let shown = if body.is_empty() { "<empty>".into() } else { String::from_utf8_lossy(body) };
        ApiError::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): couldn't get version/kind; json parse error: {why} ({shown})",
            resource.kind
        ))
    })
}

/// YAML, of which JSON is a part.
pub(super) fn yaml(body: &[u8]) -> ApiResult<Value> {
    let text = std::str::from_utf8(body).map_err(|error| ApiError::bad_request(error.to_string()))?;
    serde_saphyr::from_str(text)
        .map_err(|error| ApiError::bad_request(format!("error converting YAML to JSON: {error}")))
}

/// Checks `apiVersion` and `kind`, and fills them in where they are missing.
pub(super) fn typed(resource: &Resource, mut value: Value) -> ApiResult<Object> {
    if value.is_null() {
        value = serde_json::json!({});
    }
    let Some(fields) = value.as_object_mut() else {
        return Err(ApiError::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): couldn't get version/kind",
            resource.kind
        )));
    };
    let expected = resource.api_version();
    let text = |field| fields.get(field).and_then(Value::as_str).unwrap_or_default();
    let (version, kind) = (text("apiVersion").to_owned(), text("kind").to_owned());
    if resource.is_custom() {
        if version.is_empty() || kind.is_empty() {
            let missing = if kind.is_empty() { "Kind" } else { "apiVersion" };
            return Err(ApiError::bad_request(format!(
                "Object '{missing}' is missing in '{}'",
                Value::from(fields.clone())
            )));
        }
        if version != expected {
            return Err(ApiError::bad_request(format!(
                "the API version in the data ({version}) does not match the expected API version ({expected})"
            )));
        }
        if kind != resource.kind {
            let why = format!("must be {}", resource.kind);
            let name = value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            let cause = Cause::invalid("kind", &kind.as_str().into(), &why);
            return Err(ApiError::invalid_kind(&resource.group, &kind, name, vec![cause]));
        }
    } else if (!version.is_empty() && version != expected) || (!kind.is_empty() && kind != resource.kind) {
        let (package, own) = (&resource.group, &resource.kind);
        let package = if package.is_empty() { "core" } else { package };
        return Err(ApiError::bad_request(format!(
            "{kind} in version \"{version}\" cannot be handled as a {own}: converting ({version}.{kind}) to ({package}.{own}): unknown conversion"
        )));
    }
    fields_in_front(fields_of(&mut value), expected, &resource.kind);
    Ok(Object::from(value))
}

fn fields_of(value: &mut Value) -> Option<&mut serde_json::Map<String, Value>> {
    value.as_object_mut()
}

fn fields_in_front(fields: Option<&mut serde_json::Map<String, Value>>, version: String, kind: &str) {
    if let Some(fields) = fields {
        fields.insert("apiVersion".into(), version.into());
        fields.insert("kind".into(), kind.into());
        if !fields.get("metadata").is_some_and(Value::is_object) {
            fields.insert("metadata".into(), serde_json::json!({}));
        }
    }
}

/// Takes out fields that the kind does not have, and says so as the client wants it.
pub(super) fn known_fields(
    resource: &Resource,
    object: &mut Object,
    options: &WriteOptions,
) -> ApiResult<()> {
    let unknown = match resource.schema() {
        Some(schema) => schema.prune(object.value_mut()),
        None => builtin::decode(resource, object.value_mut())?,
    };
    let unknown: Vec<String> = unknown.into_iter().map(|path| format!("unknown field \"{path}\"")).collect();
    match options.validation {
        FieldValidation::Ignore => {}
        FieldValidation::Warn => unknown.into_iter().for_each(|text| options.warnings.add(text)),
        FieldValidation::Strict if unknown.is_empty() => {}
        FieldValidation::Strict => {
            return Err(ApiError::bad_request(format!("strict decoding error: {}", unknown.join(", "))));
        }
    }
    Ok(())
}
