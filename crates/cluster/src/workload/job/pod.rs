//! Job → Pod.

use k8s_openapi::api::batch::v1::Job;
use serde_json::{Value, json};

use super::TRACKING;

/// Where a Pod of an indexed Job says which index it works on.
pub(super) const INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// A new Pod; `index` for an indexed Job.
pub(super) fn pod(job: &Job, index: Option<i32>) -> Value {
    let name = job.metadata.name.as_deref().unwrap_or_default();
    let uid = job.metadata.uid.as_deref().unwrap_or_default();
    let template = &job.spec.as_ref().map(|spec| &spec.template);
    let own = template.and_then(|template| template.metadata.as_ref());
    let mut labels = json!(own.and_then(|own| own.labels.clone()).unwrap_or_default());
    for (key, value) in [
        ("batch.kubernetes.io/controller-uid", uid),
        ("batch.kubernetes.io/job-name", name),
        ("controller-uid", uid),
        ("job-name", name),
    ] {
        labels[key] = value.into();
    }
    let mut metadata = json!({
        "generateName": format!("{name}-"),
        "namespace": job.metadata.namespace,
        "finalizers": [TRACKING],
        "ownerReferences": [{
            "apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": uid,
            "controller": true, "blockOwnerDeletion": true,
        }],
    });
    if let Some(annotations) = own.and_then(|own| own.annotations.clone()) {
        metadata["annotations"] = json!(annotations);
    }
    let mut spec = json!(template.and_then(|template| template.spec.clone()).unwrap_or_default());
    if let Some(index) = index {
        metadata["generateName"] = format!("{name}-{index}-").into();
        metadata["annotations"][INDEX] = index.to_string().into();
        labels[INDEX] = index.to_string().into();
        spec["hostname"] = format!("{name}-{index}").into();
        for list in ["initContainers", "containers"] {
            for container in spec[list].as_array_mut().into_iter().flatten() {
                add_index(container);
            }
        }
    }
    metadata["labels"] = labels;
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})
}

fn add_index(container: &mut Value) {
    const NAME: &str = "JOB_COMPLETION_INDEX";
    let variable = json!({"name": NAME, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": format!("metadata.labels['{INDEX}']")}}});
    match container["env"].as_array_mut() {
        Some(env) if env.iter().any(|one| one["name"] == NAME) => {}
        Some(env) => env.push(variable),
        None => container["env"] = json!([variable]),
    }
}
