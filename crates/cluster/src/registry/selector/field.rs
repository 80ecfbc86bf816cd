//! Field selectors: `metadata.name=a,status.phase!=Running`.

use serde_json::Value;

use crate::api::status::{ApiError, ApiResult};
use crate::registry::conversion;
use crate::registry::object::Object;
use crate::registry::resource::Resource;

/// Comparisons that all have to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldSelector(Vec<Comparison>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Comparison {
    /// Dotted path as the client wrote it.
    field: String,
    pointer: String,
    value: String,
    equal: bool,
}

impl FieldSelector {
    /// Reads the text form; only fields that the resource supports are let through.
    pub fn parse(resource: &Resource, text: &str) -> ApiResult<Self> {
        let terms = text.split(',').map(str::trim).filter(|term| !term.is_empty());
        terms.map(|term| Comparison::parse(resource, term)).collect::<ApiResult<_>>().map(Self)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn matches(&self, object: &Object) -> bool {
        self.0.iter().all(|one| (shown(object, one) == one.value) == one.equal)
    }

    /// The one name that can match, if the selector says so.
    pub fn name(&self) -> Option<&str> {
        self.0.iter().find(|one| one.equal && one.field == "metadata.name").map(|one| one.value.as_str())
    }
}

impl Comparison {
    fn parse(resource: &Resource, term: &str) -> ApiResult<Self> {
        let (field, value, equal) = if let Some((field, value)) = term.split_once("!=") {
            (field, value, false)
        } else if let Some((field, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
            (field, value, true)
        } else {
            return Err(ApiError::bad_request(format!(
                "invalid selector: '{term}'; can't understand '{term}'"
            )));
        };
        supported(resource, field)?;
        let pointer = match field {
            // The core group's name for the component that an event comes from.
            "source" => "/source/component".to_owned(),
            _ => format!("/{}", conversion::stored_field(resource, field).replace('.', "/")),
        };
        Ok(Self { field: field.into(), pointer, value: value.into(), equal })
    }
}

fn supported(resource: &Resource, field: &str) -> ApiResult<()> {
    if matches!(field, "metadata.name" | "metadata.namespace")
        || resource.selectable_fields.iter().any(|one| one == field)
    {
        return Ok(());
    }
    let message = if resource.is_custom() || !resource.selectable_fields.is_empty() {
        format!("field label not supported: {field}")
    } else {
        format!("\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")
    };
    Err(ApiError::bad_request(message))
}

/// The field as text; what is absent is empty, as in a Go struct.
fn shown(object: &Object, comparison: &Comparison) -> String {
    match object.at(&comparison.pointer) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => match comparison.field.as_str() {
            "spec.unschedulable" | "spec.hostNetwork" => "false".into(),
            "status.successful" => object.at("/status/succeeded").map(Value::to_string).unwrap_or("0".into()),
            "status.replicas" => "0".into(),
            _ => String::new(),
        },
        Some(other) => other.to_string(),
    }
}
