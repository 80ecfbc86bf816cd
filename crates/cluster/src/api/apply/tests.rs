//! Managers that share a ConfigMap and a Deployment.

use serde_json::{Value, json};

use super::*;
use crate::registry::resources::Resources;

fn resource(group: &str, plural: &str) -> Resource {
    Resources::default().find(group, "v1", plural).unwrap().as_ref().clone()
}

fn manager(name: &str) -> Manager<'_> {
    Manager { name, subresource: None, now: Timestamp::UNIX_EPOCH }
}

fn config(data: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data})
}

fn apply(live: Option<&Value>, name: &str, data: Value, force: bool) -> ApiResult<Value> {
    server_side_apply(&resource("", "configmaps"), live, &config(data), &manager(name), force)
}

fn owned(object: &Value, name: &str) -> Value {
    let entries = object["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
    entries
        .into_iter()
        .find(|entry| entry["manager"] == name)
        .map_or(Value::Null, |entry| entry["fieldsV1"].clone())
}

#[test]
fn what_an_applier_drops_goes() {
    let first = apply(None, "m", json!({"k": "1", "l": "2"}), false).unwrap();
    assert_eq!(owned(&first, "m"), json!({"f:data": {"f:k": {}, "f:l": {}}}));
    let again = apply(Some(&first), "m", json!({"k": "1", "l": "2"}), false).unwrap();
    assert_eq!(again, first);
    let second = apply(Some(&first), "m", json!({"k": "9"}), false).unwrap();
    assert_eq!(second["data"], json!({"k": "9"}));
}

#[test]
fn a_conflict_names_manager_and_field_and_force_takes_over() {
    let live = apply(None, "m1", json!({"k": "1", "l": "2"}), false).unwrap();
    let error = apply(Some(&live), "m2", json!({"k": "5"}), false).unwrap_err();
    assert_eq!(error.to_string(), "Apply failed with 1 conflict: conflict with \"m1\": .data.k");
    let error = apply(Some(&live), "m2", json!({"k": "5", "l": "6"}), false).unwrap_err();
    let text = "Apply failed with 2 conflicts: conflicts with \"m1\":\n- .data.k\n- .data.l";
    assert_eq!(error.to_string(), text);
    let forced = apply(Some(&live), "m2", json!({"k": "5"}), true).unwrap();
    assert_eq!(owned(&forced, "m1"), json!({"f:data": {"f:l": {}}}));
    assert_eq!(forced["data"], json!({"k": "5", "l": "2"}));
}

#[test]
fn a_field_of_two_owners_stays_until_the_last_drops_it() {
    let one = apply(None, "m1", json!({"same": "1", "one": "x"}), false).unwrap();
    let two = apply(Some(&one), "m2", json!({"same": "1", "two": "y"}), false).unwrap();
    let three = apply(Some(&two), "m1", json!({"one": "x"}), false).unwrap();
    assert_eq!(three["data"], json!({"one": "x", "same": "1", "two": "y"}));
    let four = apply(Some(&three), "m2", json!({"two": "y"}), false).unwrap();
    assert_eq!(four["data"], json!({"one": "x", "two": "y"}));
}

#[test]
fn an_update_takes_the_fields_that_it_changes() {
    let live = apply(None, "m1", json!({"k": "1", "l": "2"}), false).unwrap();
    let mut new = live.clone();
    new["data"]["l"] = json!("edited");
    update_managers(&resource("", "configmaps"), Some(&live), &mut new, &manager("editor"));
    assert_eq!(owned(&new, "m1"), json!({"f:data": {"f:k": {}}}));
    assert_eq!(owned(&new, "editor"), json!({"f:data": {"f:l": {}}}));
    let error = apply(Some(&new), "m1", json!({"k": "1", "l": "2"}), false).unwrap_err();
    assert_eq!(error.to_string(), "Apply failed with 1 conflict: conflict with \"editor\" using v1: .data.l");
}

#[test]
fn a_creator_owns_all_that_it_wrote_and_the_maps_that_it_made() {
    let mut new = config(json!({"k": "v"}));
    new["metadata"]["labels"] = json!({"app": "x"});
    update_managers(&resource("", "configmaps"), None, &mut new, &manager("replay"));
    let expected =
        json!({"f:data": {".": {}, "f:k": {}}, "f:metadata": {"f:labels": {".": {}, "f:app": {}}}});
    assert_eq!(owned(&new, "replay"), expected);
}

#[test]
fn containers_are_owned_by_name_and_ports_by_number_and_protocol() {
    let deployments = resource("apps", "deployments");
    let applied = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {
        "template": {"spec": {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80}]}]}}}});
    let live = server_side_apply(&deployments, None, &applied, &manager("m"), false).unwrap();
    let expected = json!({"f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"c\"}": {
        ".": {}, "f:image": {}, "f:name": {}, "f:ports": {
            "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}}}}}});
    assert_eq!(owned(&live, "m"), expected);
}
