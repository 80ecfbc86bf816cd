//! Decoding, defaults and rules of built-in kinds.

use serde_json::{Value, json};

use super::*;
use crate::registry::resources::Resources;

fn resource(group: &str, plural: &str) -> Resource {
    Resources::default().find(group, "v1", plural).unwrap().as_ref().clone()
}

fn created(group: &str, plural: &str, mut object: Value) -> Value {
    let resource = resource(group, plural);
    assert_eq!(decode(&resource, &mut object), Ok(Vec::new()));
    apply_defaults(&resource, &mut object);
    prepare_create(&resource, &mut object);
    object
}

fn causes(group: &str, plural: &str, object: Value) -> Vec<String> {
    let object = created(group, plural, object);
    let causes = validate_create(&resource(group, plural), &object);
    causes.into_iter().map(|cause| format!("{}: {}", cause.field, cause.message)).collect()
}

fn pod(container: Value) -> Value {
    json!({"metadata": {"name": "p"}, "spec": {"containers": [container]}})
}

#[test]
fn unknown_fields_go_and_amounts_are_written_in_their_own_way() {
    let mut object =
        pod(json!({"name": "c", "image": "i", "resources": {"limits": {"cpu": 1, "memory": "1024Mi"}},
        "nope": 1}));
    assert_eq!(decode(&resource("", "pods"), &mut object), Ok(vec!["spec.containers[0].nope".to_owned()]));
    let limits = &object["spec"]["containers"][0]["resources"]["limits"];
    assert_eq!(*limits, json!({"cpu": "1", "memory": "1Gi"}));
}

#[test]
fn values_of_the_wrong_type_are_refused() {
    let mut object = json!({"metadata": {"name": "a"}, "data": {"k": 5}});
    let error = decode(&resource("", "configmaps"), &mut object).unwrap_err();
    assert_eq!(error, "json: cannot unmarshal number into Go struct field ConfigMap.data.k of type string");
    let mut object = json!({"metadata": {"name": "a"}, "data": {"k": "***"}});
    let error = decode(&resource("", "secrets"), &mut object).unwrap_err();
    assert_eq!(error, "illegal base64 data at input byte 0");
}

#[test]
fn a_pod_is_filled_up() {
    let pod = created(
        "",
        "pods",
        pod(json!({"name": "c", "image": "i:1", "ports": [{"containerPort": 80}],
        "resources": {"limits": {"memory": "1Gi"}}})),
    );
    assert_eq!(pod["spec"]["restartPolicy"], "Always");
    let container = &pod["spec"]["containers"][0];
    assert_eq!(container["imagePullPolicy"], "IfNotPresent");
    assert_eq!(container["ports"][0]["protocol"], "TCP");
    assert_eq!(container["resources"]["requests"], json!({"memory": "1Gi"}));
    assert_eq!(pod["status"], json!({"phase": "Pending", "qosClass": "Burstable"}));
    assert!(container.as_object().unwrap().values().all(|value| !value.is_null()), "{container}");
}

#[test]
fn a_job_finds_its_pods_by_its_uid() {
    let template = json!({"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}});
    let mut job = created(
        "batch",
        "jobs",
        json!({"metadata": {"name": "j", "uid": "u"}, "spec": {"template": template}}),
    );
    assert_eq!(job["spec"]["selector"], json!({"matchLabels": {"batch.kubernetes.io/controller-uid": "u"}}));
    assert!(validate_create(&resource("batch", "jobs"), &job).is_empty());
    complete_create(&resource("batch", "jobs"), &mut job);
    assert_eq!(job["metadata"]["labels"]["job-name"], "j");
    assert_eq!(
        causes("batch", "jobs", json!({"metadata": {"name": "j", "uid": "u"}})),
        [
            "spec.template.spec.containers: Required value",
            "spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\""
        ]
    );
}

#[test]
fn string_data_goes_into_data() {
    let secret = created(
        "",
        "secrets",
        json!({"metadata": {"name": "s"}, "stringData": {"a": "p w"}, "data": {"b": "eA=="}}),
    );
    assert_eq!(secret["data"], json!({"a": "cCB3", "b": "eA=="}));
    assert_eq!((&secret["type"], secret.get("stringData")), (&json!("Opaque"), None));
}

#[test]
fn what_is_immutable_stays() {
    let old = json!({"metadata": {"name": "a"}, "data": {"k": "v"}, "immutable": true});
    let mut new = old.clone();
    new["data"]["k"] = json!("w");
    let causes = validate_update(&resource("", "configmaps"), &new, &old);
    assert_eq!(causes[0].message, "Forbidden: field is immutable when `immutable` is set");
}

#[test]
fn a_service_gets_an_address_that_it_keeps() {
    let spec = json!({"ports": [{"port": 80}]});
    let service = created("", "services", json!({"metadata": {"name": "s", "uid": "u"}, "spec": spec}));
    assert!(service["spec"]["clusterIP"].as_str().unwrap().starts_with("10."));
    assert_eq!(service["spec"]["ports"][0], json!({"port": 80, "protocol": "TCP", "targetPort": 80}));
    let mut replaced = json!({"metadata": {"name": "s"}, "spec": spec});
    apply_defaults(&resource("", "services"), &mut replaced);
    prepare_update(&resource("", "services"), &mut replaced, &service);
    assert_eq!(replaced["spec"]["clusterIP"], service["spec"]["clusterIP"]);
}

#[test]
fn a_definition_must_be_structural() {
    let definition = |schema: Value| {
        json!({"metadata": {"name": "xs.example.com"}, "spec": {
        "group": "example.com", "scope": "Namespaced", "names": {"plural": "xs", "kind": "X"},
        "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}]}})
    };
    let group = "apiextensions.k8s.io";
    let sound = json!({"type": "object", "properties": {"spec": {"type": "object"}}});
    assert_eq!(causes(group, "customresourcedefinitions", definition(sound)), Vec::<String>::new());
    let untyped = json!({"type": "object", "properties": {"n": {"minimum": 1}}});
    assert_eq!(
        causes(group, "customresourcedefinitions", definition(untyped)),
        [
            "spec.validation.openAPIV3Schema.properties[n].type: Required value: must not be empty for specified object \
          fields"
        ]
    );
}
