//! Patches on a Deployment and a ConfigMap.

use serde_json::{Value, json};

use super::*;
use crate::registry::resources::Resources;

fn patched(content_type: &str, current: &Value, patch: &Value) -> ApiResult<Value> {
    let resources = Resources::default();
    let resource = resources.find("apps", "v1", "deployments").unwrap();
    apply_patch(content_type, resource, current, patch.to_string().as_bytes())
}

fn deployment(containers: Value) -> Value {
    json!({"metadata": {"name": "d"}, "spec": {"template": {"spec": {"containers": containers}}}})
}

fn merged(containers: Value, patch: Value) -> Value {
    let result = patched(STRATEGIC_MERGE_PATCH, &deployment(containers), &deployment(patch)).unwrap();
    result["spec"]["template"]["spec"]["containers"].clone()
}

#[test]
fn containers_and_their_env_merge_by_name() {
    let there = json!([{"name": "a", "image": "1", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]},
        {"name": "b"}]);
    let change = json!([{"name": "a", "image": "2", "env": [{"name": "Y", "value": "3"}, {"name": "Z", "value": "4"}]}]);
    let expected = json!([{"name": "a", "image": "2", "env": [{"name": "X", "value": "1"},
        {"name": "Y", "value": "3"}, {"name": "Z", "value": "4"}]}, {"name": "b"}]);
    assert_eq!(merged(there, change), expected);
}

#[test]
fn a_new_container_goes_before_those_there_and_deleted_ones_go() {
    let there = json!([{"name": "a"}, {"name": "b"}]);
    assert_eq!(
        merged(there.clone(), json!([{"name": "c"}])),
        json!([{"name": "c"}, {"name": "a"}, {"name": "b"}])
    );
    assert_eq!(merged(there, json!([{"name": "b", "$patch": "delete"}])), json!([{"name": "a"}]));
}

#[test]
fn an_element_order_sorts_what_is_there() {
    let current = deployment(json!([{"name": "c"}, {"name": "a"}]));
    let patch = json!({"spec": {"template": {"spec": {
        "$setElementOrder/containers": [{"name": "a"}, {"name": "c"}],
        "containers": [{"name": "c", "args": ["x"]}]}}}});
    let result = patched(STRATEGIC_MERGE_PATCH, &current, &patch).unwrap();
    let expected = json!([{"name": "a"}, {"name": "c", "args": ["x"]}]);
    assert_eq!(result["spec"]["template"]["spec"]["containers"], expected);
}

#[test]
fn finalizers_merge_as_a_set_and_leave_by_directive() {
    let current = json!({"metadata": {"finalizers": ["b"]}});
    let added = json!({"metadata": {"finalizers": ["c"]}});
    let result = patched(STRATEGIC_MERGE_PATCH, &current, &added).unwrap();
    assert_eq!(result["metadata"]["finalizers"], json!(["c", "b"]));
    let removed = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["b"]}});
    let result = patched(STRATEGIC_MERGE_PATCH, &result, &removed).unwrap();
    assert_eq!(result["metadata"]["finalizers"], json!(["c"]));
}

#[test]
fn an_unknown_directive_is_a_failure_of_the_server() {
    let patch = deployment(json!([{"name": "a", "$patch": "nonsense"}]));
    let error = patched(STRATEGIC_MERGE_PATCH, &deployment(json!([{"name": "a"}])), &patch).unwrap_err();
    assert_eq!(error.code().as_u16(), 500);
}

#[test]
fn json_patch_does_all_its_operations_or_none() {
    let current = json!({"data": {"k": "1", "l": "2"}, "list": [1, 2]});
    let patch = json!([{"op": "test", "path": "/data/k", "value": "1"},
        {"op": "replace", "path": "/data/k", "value": "9"}, {"op": "move", "from": "/data/l", "path": "/data/m"},
        {"op": "copy", "from": "/data/k", "path": "/data/n"}, {"op": "replace", "path": "/data/new", "value": "x"},
        {"op": "add", "path": "/list/-", "value": 3}, {"op": "remove", "path": "/list/0"}]);
    let expected = json!({"data": {"k": "9", "m": "2", "n": "9", "new": "x"}, "list": [2, 3]});
    assert_eq!(patched(JSON_PATCH, &current, &patch).unwrap(), expected);
    let failing = json!([{"op": "remove", "path": "/data/none"}]);
    assert_eq!(patched(JSON_PATCH, &current, &failing).unwrap_err().code().as_u16(), 422);
    assert_eq!(patched(JSON_PATCH, &current, &json!({})).unwrap_err().code().as_u16(), 400);
}
