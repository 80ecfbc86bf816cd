//! The operations of a resource, as far as clients look at them: actions, kinds and query parameters.

use serde_json::{Map, Value, json};

use crate::registry::resource::Resource;

/// Method, verb, and the action that the extension names.
const ON_COLLECTION: [(&str, &str, &str); 3] =
    [("get", "list", "list"), ("post", "create", "post"), ("delete", "deletecollection", "deletecollection")];
const ON_OBJECT: [(&str, &str, &str); 4] = [
    ("get", "get", "get"),
    ("put", "update", "put"),
    ("patch", "patch", "patch"),
    ("delete", "delete", "delete"),
];

/// The paths of a resource.
pub(super) fn of(resource: &Resource) -> Map<String, Value> {
    let mut paths = Map::new();
    let root = format!("/{}", super::path_of(resource));
    let collection = if resource.namespaced {
        format!("{root}/namespaces/{{namespace}}/{}", resource.plural)
    } else {
        format!("{root}/{}", resource.plural)
    };
    let object = format!("{collection}/{{name}}");
    if resource.namespaced && resource.verbs.allows("list") {
        let everywhere = json!({"get": operation(resource, "get", "list")});
        paths.insert(format!("{root}/{}", resource.plural), everywhere);
    }
    paths.insert(collection, operations(resource, &ON_COLLECTION));
    if resource.verbs.allows("get") {
        for subresource in &resource.subresources {
            let served = ON_OBJECT.iter().filter(|(_, verb, _)| subresource.verbs().contains(verb));
            let fields =
                served.map(|(method, _, action)| ((*method).to_owned(), operation(resource, method, action)));
            paths.insert(format!("{object}/{subresource}"), Value::Object(fields.collect()));
        }
        paths.insert(object, operations(resource, &ON_OBJECT));
    }
    paths
}

fn operations(resource: &Resource, known: &[(&str, &str, &str)]) -> Value {
    let allowed = known.iter().filter(|(_, verb, _)| resource.verbs.allows(verb));
    let fields =
        allowed.map(|(method, _, action)| ((*method).to_owned(), operation(resource, method, action)));
    Value::Object(fields.collect())
}

fn operation(resource: &Resource, method: &str, action: &str) -> Value {
    let names: &[&str] = match (method, action) {
        ("post" | "put", _) => &["dryRun", "fieldManager", "fieldValidation", "pretty"],
        ("patch", _) => &["dryRun", "fieldManager", "fieldValidation", "force", "pretty"],
        ("delete", _) => &["dryRun", "gracePeriodSeconds", "propagationPolicy", "pretty"],
        (_, "list") => &["continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "watch"],
        _ => &["pretty"],
    };
    let parameters: Vec<Value> = names
        .iter()
        .map(|name| json!({"name": name, "in": "query", "schema": {"type": kind(name)}}))
        .collect();
    json!({
        "parameters": parameters,
        "responses": {"200": {"description": "OK"}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": {
            "group": resource.group,
            "version": resource.version,
            "kind": resource.kind,
        },
    })
}

fn kind(parameter: &str) -> &'static str {
    match parameter {
        "force" | "watch" => "boolean",
        "gracePeriodSeconds" | "limit" => "integer",
        _ => "string",
    }
}
