//! From the bytes of a body to an object of the kind that the path names.

mod protobuf;
mod type_meta;

use serde_json::Value;

use crate::api::query::{FieldValidation, WriteOptions};
use crate::api::status::{ApiError, ApiResult, Cause};
use crate::registry::builtin;
use crate::registry::object::Object;
use crate::registry::resource::Resource;
use crate::registry::schema::read_json;
use protobuf::{PROTOBUF, Refusal};

const ACCEPTED: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// Reads a body as an object of `resource`: fields that the kind does not have are taken out, and reported as the
/// options want it, like those that are there twice.
pub(super) fn object(
    resource: &Resource,
    content_type: &str,
    body: &[u8],
    options: &WriteOptions,
) -> ApiResult<Object> {
    let (value, duplicates) = match content_type {
        "application/json" => json(resource, body)?,
        "application/yaml" | "application/x-yaml" => (yaml(body)?, Vec::new()),
        PROTOBUF => (from_protobuf(body)?, Vec::new()),
        _ => return Err(ApiError::unsupported_media_type(ACCEPTED)),
    };
    let mut object = type_meta::check(resource, value, options)?;
    let mut strange: Vec<String> =
        duplicates.iter().map(|path| format!("duplicate field \"{path}\"")).collect();
    let refuse = |why: &str| {
        ApiError::bad_request(format!(
            "{kind} in version \"{}\" cannot be handled as a {kind}: {why}",
            resource.version,
            kind = resource.kind
        ))
    };
    strange.extend(take_unknown(resource, &mut object).map_err(|why| refuse(&why))?);
    report(&strange, options, refuse)?;
    Ok(object)
}

/// Checks what a patch has made of an object. `shown` is the patch, for the refusal.
pub(super) fn patched(
    resource: &Resource,
    value: Value,
    shown: &[u8],
    options: &WriteOptions,
) -> ApiResult<Object> {
    let mut object = type_meta::check(resource, value, options)?;
    let refuse = |why: &str| {
        let shown = Value::from(String::from_utf8_lossy(shown));
        ApiError::invalid_kind("", "", "", vec![Cause::invalid("patch", &shown, why)])
    };
    let strange = take_unknown(resource, &mut object).map_err(|why| refuse(&why))?;
    report(&strange, options, refuse)?;
    Ok(object)
}

/// Reads the body of an apply, which may only have fields that the kind has.
pub(super) fn applied(resource: &Resource, body: &[u8], options: &WriteOptions) -> ApiResult<Object> {
    let value = yaml(body)?;
    let text = |field: &str| value[field].as_str().unwrap_or_default();
    // What is applied has to say in full what it is.
    if !resource.is_custom()
        && (text("apiVersion") != resource.api_version() || text("kind") != resource.kind)
    {
        let (group, version) = text("apiVersion").split_once('/').unwrap_or(("", text("apiVersion")));
        let message = format!("invalid object type: {group}/{version}, Kind={}", text("kind"));
        return Err(ApiError::bad_request(message));
    }
    let object = type_meta::check(resource, value, options)?;
    let mut known = object.clone();
    let unknown = unknown_fields(resource, &mut known).map_err(ApiError::bad_request)?;
    let Some(field) = unknown.first() else { return Ok(object) };
    // A real server gives no reason here.
    Err(ApiError::new(
        http::StatusCode::INTERNAL_SERVER_ERROR,
        "",
        format!(
            "failed to create typed patch object ({}/{}; {}, Kind={}): .{field}: field not declared in schema",
            object.namespace(),
            object.name(),
            resource.api_version(),
            resource.kind
        ),
    ))
}

/// What apply has made of an object, its values written as the server writes them.
pub(super) fn merged(resource: &Resource, value: Value) -> ApiResult<Object> {
    let mut object = Object::from(value);
    unknown_fields(resource, &mut object).map_err(ApiError::bad_request)?;
    Ok(object)
}

fn json(resource: &Resource, body: &[u8]) -> ApiResult<(Value, Vec<String>)> {
    read_json(body).map_err(|error| {
        let why = if error.is_eof() { "unexpected end of JSON input".to_owned() } else { error.to_string() };
        let shown = if body.is_empty() { "<empty>".into() } else { String::from_utf8_lossy(body) };
        ApiError::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): couldn't get version/kind; json parse error: {why} ({shown})",
            resource.kind
        ))
    })
}

/// A body that is not kept and whose kind is known: of a subresource, or options.
pub(super) fn any(content_type: &str, body: &[u8]) -> ApiResult<Value> {
    if content_type == PROTOBUF { from_protobuf(body) } else { yaml(body) }
}

/// Whether a body is in protobuf, whatever its media type says.
pub(super) fn is_protobuf(body: &[u8]) -> bool {
    body.starts_with(protobuf::MAGIC)
}

pub(super) fn from_protobuf(body: &[u8]) -> ApiResult<Value> {
    protobuf::read(body).map_err(|refusal| match refusal {
        Refusal::Unknown => ApiError::unsupported_media_type(ACCEPTED),
        Refusal::Damaged(why) => ApiError::bad_request(format!("the protobuf body cannot be read: {why}")),
    })
}

/// YAML, of which JSON is a part.
pub(super) fn yaml(body: &[u8]) -> ApiResult<Value> {
    let text = std::str::from_utf8(body).map_err(|error| ApiError::bad_request(error.to_string()))?;
    serde_saphyr::from_str(text)
        .map_err(|error| ApiError::bad_request(format!("error converting YAML to JSON: {error}")))
}

/// Takes unknown fields out and gives their paths; the error is what a typed decoder says to a wrong type.
fn unknown_fields(resource: &Resource, object: &mut Object) -> Result<Vec<String>, String> {
    let Some(schema) = resource.schema() else { return builtin::decode(resource, object.value_mut()) };
    let mut unknown = schema.prune(object.value_mut());
    unknown.extend(builtin::decode_metadata(&resource.kind, object.value_mut())?);
    unknown.sort();
    Ok(unknown)
}

fn take_unknown(resource: &Resource, object: &mut Object) -> Result<Vec<String>, String> {
    Ok(unknown_fields(resource, object)?
        .into_iter()
        .map(|path| format!("unknown field \"{path}\""))
        .collect())
}

fn report(
    strange: &[String],
    options: &WriteOptions,
    refuse: impl FnOnce(&str) -> ApiError,
) -> ApiResult<()> {
    match options.validation {
        FieldValidation::Strict if !strange.is_empty() => {
            Err(refuse(&format!("strict decoding error: {}", strange.join(", "))))
        }
        FieldValidation::Warn => {
            for text in strange {
                options.warnings.add(text);
            }
            Ok(())
        }
        FieldValidation::Strict | FieldValidation::Ignore => Ok(()),
    }
}
