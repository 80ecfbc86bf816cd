//! Rules of `ObjectMeta`, in the order in which a real server reports what breaks them.

use serde_json::Value;

use super::names;
use crate::api::status::Cause;
use crate::registry::object::Object;
use crate::registry::resource::Resource;

/// All annotations together.
const ANNOTATIONS_LIMIT: usize = 256 * 1024;
/// What a patch may not change; a PUT is refused before.
const IMMUTABLE: [&str; 1] = ["uid"];
/// Finalizers without a domain that Kubernetes itself uses.
const STANDARD_FINALIZERS: [&str; 3] = ["kubernetes", "orphan", "foregroundDeletion"];

/// What is wrong with the metadata of a new object.
pub fn validate_create(resource: &Resource, object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    let (name, prefix) = (object.name(), object.text("/metadata/generateName"));
    if !prefix.is_empty() {
        let masked = mask_trailing_dash(prefix);
        causes.extend(name_causes(resource, "metadata.generateName", prefix, &masked));
    }
    if name.is_empty() {
        causes.push(Cause::required("metadata.name", "name or generateName is required"));
    } else {
        causes.extend(name_causes(resource, "metadata.name", name, name));
    }
    causes.extend(common(object));
    causes
}

/// What is wrong with the metadata of a changed object. A real server looks in several places, and reports a cause as
/// often as it finds it.
pub fn validate_update(resource: &Resource, object: &Object, old: &Object) -> Vec<Cause> {
    let change = validate_change(object, old);
    let common = common(object);
    let rounds = if resource.is_custom() { 2 } else { 4 };
    std::iter::repeat_n(change, 2).chain(std::iter::repeat_n(common, rounds)).flatten().collect()
}

fn validate_change(object: &Object, old: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    if old.is_deleting() {
        let known = old.finalizers();
        let added: Vec<&str> = object.finalizers().into_iter().filter(|one| !known.contains(one)).collect();
        if !added.is_empty() {
            let shown = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}",
                added.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>().join(", ")
            );
            causes.push(Cause::forbidden("metadata.finalizers", &shown));
        }
    }
    for field in IMMUTABLE {
        let (new, known) =
            (object.text(&format!("/metadata/{field}")), old.text(&format!("/metadata/{field}")));
        if !new.is_empty() && new != known {
            causes.push(Cause::invalid(format!("metadata.{field}"), &new.into(), "field is immutable"));
        }
    }
    causes
}

/// A prefix may end in what a name may not: the suffix makes up for it.
fn mask_trailing_dash(prefix: &str) -> String {
    match prefix.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => format!("{rest}a"),
        _ => prefix.to_owned(),
    }
}

fn name_causes(resource: &Resource, field: &str, shown: &str, checked: &str) -> Vec<Cause> {
    let errors = match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "namespaces" | "services") => names::label_errors(checked),
        ("rbac.authorization.k8s.io", _) => names::segment_errors(checked),
        _ => names::subdomain_errors(checked),
    };
    errors.iter().map(|error| Cause::invalid(field, &shown.into(), error)).collect()
}

/// Whether the kind is one of Kubernetes itself: custom resources may have finalizers without a slash.
fn is_builtin(object: &Object) -> bool {
    let group = object.api_version().rsplit_once('/').map_or("", |(group, _)| group);
    !group.contains('.') || group.ends_with(".k8s.io")
}

fn common(object: &Object) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (key, value) in entries(object, "/metadata/labels") {
        causes.extend(invalid("metadata.labels", key, names::key_errors(key)));
        let value = value.as_str().unwrap_or_default();
        causes.extend(invalid("metadata.labels", value, names::label_value_errors(value)));
    }
    let mut total = 0;
    for (key, value) in entries(object, "/metadata/annotations") {
        causes.extend(invalid("metadata.annotations", key, names::key_errors(&key.to_lowercase())));
        total += key.len() + value.as_str().unwrap_or_default().len();
    }
    if total > ANNOTATIONS_LIMIT {
        causes.push(Cause::too_long("metadata.annotations", ANNOTATIONS_LIMIT));
    }
    causes.extend(owner_causes(object));
    for finalizer in object.finalizers() {
        causes.extend(invalid("metadata.finalizers", finalizer, names::key_errors(finalizer)));
    }
    for (at, finalizer) in object.finalizers().into_iter().enumerate() {
        if is_builtin(object) && !finalizer.contains('/') && !STANDARD_FINALIZERS.contains(&finalizer) {
            let why = "name is neither a standard finalizer name nor is it fully qualified";
            causes.push(Cause::invalid(format!("metadata.finalizers[{at}]"), &finalizer.into(), why));
        }
    }
    causes
}

fn owner_causes(object: &Object) -> Vec<Cause> {
    const FIELDS: [&str; 4] = ["apiVersion", "kind", "name", "uid"];
    let mut causes = Vec::new();
    let owners = object.at("/metadata/ownerReferences").and_then(Value::as_array);
    let mut controllers = 0;
    for owner in owners.into_iter().flatten() {
        for field in FIELDS.into_iter().filter(|field| owner[field].as_str().unwrap_or_default().is_empty()) {
            let at = format!("metadata.ownerReferences.{field}");
            let why = if field == "apiVersion" { "version must not be empty" } else { "must not be empty" };
            causes.push(Cause::invalid(at, &"".into(), why));
        }
        controllers += usize::from(owner["controller"] == true);
    }
    if controllers > 1 {
        let references = object.owner_references();
        let names: Vec<String> = references
            .iter()
            .filter(|owner| owner.controller == Some(true))
            .map(|owner| format!("{}/{}", owner.kind, owner.name))
            .take(2)
            .collect();
        let why = format!(
            "Only one reference can have Controller set to true. Found \"true\" in references for {}",
            names.join(" and ")
        );
        // In the order of the fields in Go, which the references are written in.
        let shown = serde_json::to_string(&references).unwrap_or_default();
        causes.push(Cause::invalid_shown("metadata.ownerReferences", &shown, &why));
    }
    causes
}

fn entries<'a>(object: &'a Object, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    object.at(pointer).and_then(Value::as_object).into_iter().flatten()
}

fn invalid(field: &str, value: &str, errors: Vec<String>) -> impl Iterator<Item = Cause> {
    errors.into_iter().map(move |error| Cause::invalid(field, &value.into(), &error))
}
