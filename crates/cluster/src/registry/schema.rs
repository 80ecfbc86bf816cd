//! The structural schema of a custom resource: defaults, pruning, validation.

use serde_json::Value;

use crate::api::status::Cause;

/// The `openAPIV3Schema` of one version of a CustomResourceDefinition.
#[derive(Debug, Clone)]
pub struct Schema {
    openapi: Value,
}

impl Schema {
    /// Reads a schema; the causes say why it is not structural.
    pub fn from_openapi(openapi: &Value) -> Result<Self, Vec<Cause>> {
        Ok(Self { openapi: openapi.clone() })
    }

    /// The schema as it was written.
    pub fn openapi(&self) -> &Value {
        &self.openapi
    }

    /// Fills in defaults where the parent is there.
    pub fn apply_defaults(&self, _object: &mut Value) {}

    /// Takes out what the schema does not know; gives the paths of what went.
    pub fn prune(&self, _object: &mut Value) -> Vec<String> {
        Vec::new()
    }

    /// Everything that is wrong with an object; `old` is what it replaces, for transition rules.
    pub fn validate(&self, _object: &Value, _old: Option<&Value>) -> Vec<Cause> {
        Vec::new()
    }
}
