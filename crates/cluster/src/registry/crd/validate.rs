//! What is wrong with a definition, its schemas aside.

use serde_json::Value;

use super::definition::versions;
use super::structural;
use crate::api::status::Cause;
use crate::api::table::JsonPath;
use crate::registry::metadata::names;

const IMMUTABLE: &str = "field is immutable";

pub fn validate(object: &Value, causes: &mut Vec<Cause>) {
    let spec = &object["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (group, plural) = (text(&spec["group"]), text(&spec["names"]["plural"]));
    if text(&object["metadata"]["name"]) != format!("{plural}.{group}") {
        let words = "must be spec.names.plural+\".\"+spec.group";
        causes.push(Cause::invalid("metadata.name", &object["metadata"]["name"], words));
    }
    if group.is_empty() {
        causes.push(Cause::required("spec.group", ""));
    } else if !group.contains('.') {
        let words = "should be a domain with at least one dot";
        causes.push(Cause::invalid("spec.group", &spec["group"], words));
    }
    match spec["scope"].as_str().unwrap_or_default() {
        "Cluster" | "Namespaced" => {}
        "" => causes.push(Cause::required("spec.scope", "")),
        _ => causes.push(Cause::not_supported("spec.scope", &spec["scope"], &["Cluster", "Namespaced"])),
    }
    if spec["preserveUnknownFields"] == true {
        let words = "must be false in order to use defaults in the schema";
        causes.push(Cause::invalid("spec.preserveUnknownFields", &true.into(), words));
    }
    validate_names(&spec["names"], causes);
    validate_versions(object, causes);
}

fn validate_names(given: &Value, causes: &mut Vec<Cause>) {
    for field in ["plural", "singular", "kind", "listKind"] {
        let name = given[field].as_str().unwrap_or_default();
        let at = format!("spec.names.{field}");
        if name.is_empty() {
            causes.push(Cause::required(at, ""));
            continue;
        }
        let lower =
            if field.to_lowercase().ends_with("kind") { name.to_lowercase() } else { name.to_owned() };
        for words in names::label_errors(&lower) {
            causes.push(Cause::invalid(at.clone(), &name.into(), &words));
        }
    }
    if !given["kind"].is_null() && given["kind"] == given["listKind"] {
        let words = "kind and listKind may not be the same";
        causes.push(Cause::invalid("spec.names.listKind", &given["listKind"], words));
    }
}

fn validate_versions(object: &Value, causes: &mut Vec<Cause>) {
    let storage: Vec<&Value> = versions(object).filter(|one| one["storage"] == true).collect();
    if storage.len() != 1 {
        let words = "must have exactly one version marked as storage version";
        causes.push(Cause::invalid("spec.versions", &object["spec"]["versions"], words));
    }
    let stored = &object["status"]["storedVersions"];
    let stored_list = stored.as_array().map_or(&[][..], Vec::as_slice);
    if stored_list.is_empty() {
        causes.push(Cause::invalid("status.storedVersions", stored, "must have at least one stored version"));
    } else if storage.len() > 1 {
        let words = "must have exactly one version marked as storage version";
        causes.push(Cause::invalid("status.storedVersions", stored, words));
    }
    for (n, one) in stored_list.iter().enumerate() {
        if !versions(object).any(|version| version["name"] == *one) {
            let words = "must appear in spec.versions";
            causes.push(Cause::invalid(format!("status.storedVersions[{n}]"), one, words));
        }
    }
    let alone = versions(object).count() == 1;
    for (n, version) in versions(object).enumerate() {
        let at = format!("spec.versions[{n}]");
        // The schema of an only version is reported where it stood before there were versions.
        let schema_at = if alone { "spec.validation".to_owned() } else { format!("{at}.schema") };
        match version["schema"].get("openAPIV3Schema") {
            Some(schema) => structural::validate(schema, &format!("{schema_at}.openAPIV3Schema"), causes),
            None => {
                causes.push(Cause::required(format!("{at}.schema.openAPIV3Schema"), "schemas are required"));
            }
        }
        validate_columns(version, if alone { "spec" } else { &at }, causes);
    }
}

fn validate_columns(version: &Value, at: &str, causes: &mut Vec<Cause>) {
    const TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
    let columns = version["additionalPrinterColumns"].as_array().into_iter().flatten();
    for (n, column) in columns.enumerate() {
        let at = format!("{at}.additionalPrinterColumns[{n}]");
        let path = column["jsonPath"].as_str().unwrap_or_default();
        if column["name"].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(format!("{at}.name"), ""));
        }
        if !TYPES.contains(&column["type"].as_str().unwrap_or_default()) {
            let words = format!("must be one of {}", TYPES.join(","));
            causes.push(Cause::invalid(format!("{at}.type"), &column["type"], &words));
        }
        if path.is_empty() {
            causes.push(Cause::required(format!("{at}.jsonPath"), ""));
        } else if JsonPath::parse(path).is_none() {
            causes.push(Cause::invalid(format!("{at}.jsonPath"), &path.into(), "is an invalid jsonpath"));
        }
    }
}

pub fn validate_update(object: &Value, old: &Value, causes: &mut Vec<Cause>) {
    for (pointer, field) in [
        ("/spec/group", "spec.group"),
        ("/spec/scope", "spec.scope"),
        ("/spec/names/kind", "spec.names.kind"),
        ("/spec/names/plural", "spec.names.plural"),
    ] {
        let new = object.pointer(pointer);
        if new != old.pointer(pointer) {
            causes.push(Cause::invalid(field, new.unwrap_or(&Value::Null), IMMUTABLE));
        }
    }
}
