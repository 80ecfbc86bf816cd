//! Content negotiation: in which form the client wants its answer.

use http::{HeaderMap, StatusCode, header};

use crate::api::query::Query;
use crate::api::status::{ApiError, ApiResult, Details};
use crate::api::table::IncludeObject;
use crate::registry::Subresource;

const OFFERED: &str = "application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// What is made of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Object,
    /// `PartialObjectMetadata`, alone or in a list.
    Metadata,
    Table(IncludeObject),
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json { pretty: bool },
    Yaml,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accept {
    pub shape: Shape,
    pub format: Format,
}

impl Accept {
    /// The first offer of the client that can be met.
    pub(super) fn parse(
        headers: &HeaderMap,
        query: &Query,
        subresource: Option<Subresource>,
    ) -> ApiResult<Self> {
        let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
        let json = Format::Json { pretty: query.flag("pretty") };
        // A log is negotiated in its own handler, which has one sentence only.
        let mut known_type = subresource == Some(Subresource::Log);
        for offer in accept.split(',') {
            let mut parts = offer.split(';').map(str::trim);
            let format = match parts.next().unwrap_or_default() {
                "" | "*/*" | "application/*" | "application/json" => json,
                "application/yaml" => Format::Yaml,
                _ => continue,
            };
            known_type = true;
            let parameters: Vec<(&str, &str)> = parts.filter_map(|part| part.split_once('=')).collect();
            if let Some(shape) = shape(&parameters, query) {
                return Ok(Self { shape, format });
            }
        }
        Err(not_acceptable(known_type))
    }
}

fn shape(parameters: &[(&str, &str)], query: &Query) -> Option<Shape> {
    let get = |name| parameters.iter().find(|(one, _)| *one == name).map(|(_, value)| *value);
    let Some(kind) = get("as") else { return Some(Shape::Object) };
    if get("g") != Some("meta.k8s.io") || !matches!(get("v"), Some("v1" | "v1beta1")) {
        return None;
    }
    match kind {
        "PartialObjectMetadata" | "PartialObjectMetadataList" => Some(Shape::Metadata),
        "Table" => Some(Shape::Table(match query.text("includeObject") {
            "None" => IncludeObject::None,
            "Object" => IncludeObject::Object,
            _ => IncludeObject::Metadata,
        })),
        _ => None,
    }
}

/// A media type that is offered in another shape is refused in other words than one that is not offered at all.
fn not_acceptable(known_type: bool) -> ApiError {
    let error = |message: String| ApiError::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptable", message);
    if known_type {
        error(format!("only the following media types are accepted: {OFFERED}"))
    } else {
        error(format!("406: Not Acceptable\n\nAvailable representations: {OFFERED}"))
            .with_details(Details::default())
    }
}

/// The media type of a body, without parameters; JSON where none is said.
pub(super) fn content_type(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match value.split(';').next().unwrap_or_default().trim() {
        "" => "application/json",
        other => other,
    }
}
