//! One object in one version, with its JSON made once for disk, answers and all watches.

use bytes::Bytes;
use serde_json::Value;

use crate::registry::object::Object;

/// Where an object is within its storage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Empty for cluster scope.
    pub namespace: String,
    pub name: String,
}

impl Key {
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }

    /// The key of an object by its metadata.
    pub fn of(object: &Object) -> Self {
        Self::new(object.namespace(), object.name())
    }
}

/// An object as it is kept.
#[derive(Debug)]
pub struct Stored {
    object: Object,
    version: u64,
    body: Bytes,
}

impl Stored {
    /// With `version` written into the metadata.
    pub fn new(mut object: Object, version: u64) -> Self {
        object.set_metadata("resourceVersion", version.to_string());
        Self { body: body(object.value()), object, version }
    }

    /// An object that is answered but not kept (dry run): without a version unless it has one.
    pub fn transient(object: Object) -> Self {
        let version = object.resource_version().parse().unwrap_or(0);
        Self { body: body(object.value()), object, version }
    }

    pub fn object(&self) -> &Object {
        &self.object
    }

    /// Its resource version.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Its JSON without `apiVersion` and `kind`, which differ between the views of an object and are left out of
    /// the items of a list.
    pub fn body(&self) -> &Bytes {
        &self.body
    }
}

fn body(object: &Value) -> Bytes {
    let mut out = Vec::with_capacity(1024);
    out.push(b'{');
    let fields = object.as_object().into_iter().flatten();
    for (field, value) in fields.filter(|(field, _)| !matches!(field.as_str(), "apiVersion" | "kind")) {
        if out.len() > 1 {
            out.push(b',');
        }
        // Writing JSON into memory cannot fail: keys are strings and numbers finite.
        let _ = serde_json::to_writer(&mut out, field);
        out.push(b':');
        let _ = serde_json::to_writer(&mut out, value);
    }
    out.push(b'}');
    Bytes::from(out)
}
