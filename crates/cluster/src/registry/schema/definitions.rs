//! Schemas that refer to one another by name (`$ref`), as those of the built-in kinds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::parse::node;
use super::structure::Schema;

/// Finds the schema that a `$ref` names.
pub trait Resolve {
    fn resolve(&mut self, reference: &str) -> Option<Arc<Schema>>;
}

/// For schemas without references, as those of CRDs.
#[derive(Debug)]
pub(super) struct NoReferences;

impl Resolve for NoReferences {
    fn resolve(&mut self, _: &str) -> Option<Arc<Schema>> {
        None
    }
}

/// Named schemas that refer to one another, each compiled when it is first asked for.
#[derive(Debug)]
pub struct Definitions {
    sources: BTreeMap<String, Value>,
    compiled: BTreeMap<String, Arc<Schema>>,
    /// Names being compiled: a cycle ends in a schema that takes anything.
    open: Vec<String>,
}

impl Definitions {
    pub fn new(sources: BTreeMap<String, Value>) -> Self {
        Definitions { sources, compiled: BTreeMap::new(), open: Vec::new() }
    }
}

impl Resolve for Definitions {
    fn resolve(&mut self, reference: &str) -> Option<Arc<Schema>> {
        let name = reference.rsplit('/').next().unwrap_or(reference);
        if let Some(done) = self.compiled.get(name) {
            return Some(Arc::clone(done));
        }
        if self.open.iter().any(|open| open == name) {
            return Some(Arc::new(Schema::anything()));
        }
        let source = self.sources.remove(name)?;
        self.open.push(name.to_owned());
        let compiled = node(&source, self);
        self.open.pop();
        let mut schema = compiled.ok()?;
        schema.quantity = name.ends_with("resource.Quantity");
        let schema = Arc::new(schema);
        self.compiled.insert(name.to_owned(), Arc::clone(&schema));
        Some(schema)
    }
}
