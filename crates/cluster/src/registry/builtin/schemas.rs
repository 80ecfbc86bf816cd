//! The schemas of built-in kinds, from the documents in `openapi/` (see `openapi/generate.py`).
//!
//! They tell field names, types, defaults of list keys, and how lists and maps are merged and owned. A
//! kind is compiled when it is first used, so that a server that runs few kinds holds few.

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use flate2::read::ZlibDecoder;
use serde_json::{Map, Value};

use crate::registry::resource::Resource;
use crate::registry::schema::{Definitions, Resolve, Schema};

static STRUCTURE: &[u8] = include_bytes!("../../../openapi/builtin.json.zlib");
static PROSE: &[u8] = include_bytes!("../../../openapi/prose.json.zlib");

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

struct Library {
    /// Name of the definition by apiVersion and kind.
    kinds: BTreeMap<(String, String), String>,
    definitions: Mutex<Definitions>,
}

static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
    let sources = sources();
    let mut kinds = BTreeMap::new();
    for (name, source) in &sources {
        for (api_version, kind) in kinds_of(source) {
            kinds.insert((api_version, kind), name.clone());
        }
    }
    Library { kinds, definitions: Mutex::new(Definitions::new(sources)) }
});

static OBJECT_META: LazyLock<Arc<Schema>> = LazyLock::new(|| definition(META).unwrap_or_default());

/// All definitions by name with what their fields are for, read anew: they are too large to be kept for the few who
/// ask.
pub fn documents() -> BTreeMap<String, Value> {
    let mut documents = sources();
    let prose: BTreeMap<String, BTreeMap<String, String>> = unpack(PROSE);
    for (name, told) in prose {
        let Some(document) = documents.get_mut(&name) else { continue };
        for (field, text) in told {
            let place =
                if field.is_empty() { Some(&mut *document) } else { document["properties"].get_mut(&field) };
            if let Some(place) = place {
                place["description"] = text.into();
            }
        }
    }
    documents
}

fn sources() -> BTreeMap<String, Value> {
    unpack(STRUCTURE)
}

fn unpack<T: serde::de::DeserializeOwned>(packed: &[u8]) -> T {
    let mut text = String::new();
    ZlibDecoder::new(packed)
        .read_to_string(&mut text)
        .ok()
        .and_then(|_| serde_json::from_str(&text).ok())
        .expect("the documents are part of the program, and a test reads them")
}

/// apiVersion and kind of the objects that a definition describes.
pub fn kinds_of(source: &Value) -> Vec<(String, String)> {
    let list = source.get("x-kubernetes-group-version-kind").and_then(Value::as_array);
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
    let kind = |entry: &Value| {
        let (group, version) = (text(entry, "group"), text(entry, "version"));
        let api_version = if group.is_empty() { version } else { format!("{group}/{version}") };
        (api_version, text(entry, "kind"))
    };
    list.into_iter().flatten().map(kind).collect()
}

fn definition(name: &str) -> Option<Arc<Schema>> {
    LIBRARY.definitions.lock().unwrap_or_else(PoisonError::into_inner).resolve(name)
}

/// The schema of a built-in kind, if it is known.
pub fn find(api_version: &str, kind: &str) -> Option<Arc<Schema>> {
    let name = LIBRARY.kinds.get(&(api_version.to_owned(), kind.to_owned()))?;
    definition(name)
}

/// The schema of a resource: its own, or that of its kind.
pub fn of(resource: &Resource) -> Option<Arc<Schema>> {
    match resource.schema() {
        Some(schema) => Some(Arc::clone(schema)),
        None => find(&resource.api_version(), &resource.kind),
    }
}

/// The schema of `metadata`, which all kinds share.
pub fn object_meta() -> &'static Arc<Schema> {
    &OBJECT_META
}

/// An object of that schema of which nothing is set: the structs that are always there, empty.
pub fn empty(schema: &Schema) -> Value {
    let structs = schema.properties.iter().filter(|(_, child)| is_struct(child));
    let fields: Map<String, Value> = structs
        .map(|(name, child)| {
            (name.clone(), if name == "metadata" { Map::new().into() } else { empty(child) })
        })
        .collect();
    fields.into()
}

fn is_struct(schema: &Schema) -> bool {
    schema.always
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_has_containers_that_merge_by_name() {
        let pod = find("v1", "Pod").unwrap();
        let containers = &pod.properties["spec"].properties["containers"];
        assert_eq!(containers.patch.merge_key.as_deref(), Some("name"));
        let ports = &containers.items.as_ref().unwrap().properties["ports"];
        assert_eq!(ports.items.as_ref().unwrap().properties["protocol"].default, Some(json!("TCP")));
        let limits = &containers.items.as_ref().unwrap().properties["resources"].properties["limits"];
        assert!(limits.field("cpu").unwrap().quantity);
    }

    #[test]
    fn an_empty_deployment_has_its_structs() {
        let deployment = find("apps/v1", "Deployment").unwrap();
        assert_eq!(
            empty(&deployment),
            json!({"metadata": {}, "spec": {"strategy": {}, "template": {"metadata": {}, "spec": {}}}, "status": {}})
        );
    }

    #[test]
    fn every_definition_compiles() {
        for name in documents().keys() {
            assert!(definition(name).is_some(), "{name}");
        }
    }
}
