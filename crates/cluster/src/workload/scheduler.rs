//! Gives Pods their node: there is one, so it only looks whether the Pod may run on it.

use serde_json::{Value, json};

use super::event::{Recorder, Subject};
use crate::handle::Handle;
use crate::registry::object::Object;
use crate::registry::storage::Write;
use crate::registry::{Key, Resource, metadata};

/// The one that this is; Pods may name another.
const NAME: &str = "default-scheduler";

const UNSCHEDULABLE: &str = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.";

/// Binds a Pod that waits for a node. Node and condition are one write, as the binding of a real
/// scheduler is, which no door of the API offers.
pub(super) async fn schedule(handle: &Handle, pods: &Resource, node: &str, pod: &Object, events: &Recorder) {
    let key = Key::of(pod);
    let Some(head) = handle.registry().head(pods, &key) else { return };
    if !waits(head.object()) {
        return;
    }
    let fits = fits(handle, node, head.object());
    let mut bound = head.object().clone();
    let condition = condition(fits, &metadata::time(handle.now()));
    if !fits && has(head.object(), &condition) {
        return;
    }
    let mut conditions: Vec<Value> =
        head.object().at("/status/conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    conditions.retain(|one| one["type"] != condition["type"]);
    conditions.push(condition);
    let value = bound.value_mut();
    if fits {
        value["spec"]["nodeName"] = node.into();
    }
    value["status"]["conditions"] = conditions.into();
    // A race means that the Pod has changed: the change brings it here again.
    if handle.registry().commit(pods, &key, Some(head.version()), Write::Put(bound)).await.is_err() {
        return;
    }
    let subject = Subject::object(pod, NAME);
    if fits {
        let message = format!("Successfully assigned {}/{} to {node}", key.namespace, key.name);
        events.normal(&subject, "Scheduled", message);
    } else {
        events.warning(&subject, "FailedScheduling", UNSCHEDULABLE);
    }
}

/// Whether [`schedule`] will bind the Pod, unless it changes meanwhile.
pub(super) fn will_bind(handle: &Handle, node: &str, pod: &Object) -> bool {
    waits(pod) && fits(handle, node, pod)
}

/// Whether it waits for this scheduler.
fn waits(pod: &Object) -> bool {
    pod.text("/spec/nodeName").is_empty()
        && !pod.is_deleting()
        && matches!(pod.text("/spec/schedulerName"), "" | NAME)
}

fn condition(fits: bool, now: &str) -> Value {
    let mut condition = json!({
        "type": "PodScheduled",
        "status": if fits { "True" } else { "False" },
        "lastProbeTime": null,
        "lastTransitionTime": now,
    });
    if !fits {
        condition["reason"] = "Unschedulable".into();
        condition["message"] = UNSCHEDULABLE.into();
    }
    condition
}

fn has(pod: &Object, condition: &Value) -> bool {
    let list = pod.at("/status/conditions").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .any(|one| one["type"] == condition["type"] && one["status"] == condition["status"])
}

fn fits(handle: &Handle, node: &str, pod: &Object) -> bool {
    let Some(wanted) = pod.at("/spec/nodeSelector").and_then(Value::as_object) else { return true };
    let labels = handle
        .resource("", "nodes")
        .ok()
        .and_then(|nodes| handle.get(&nodes, "", node))
        .and_then(|node| node.object().at("/metadata/labels").cloned())
        .unwrap_or_default();
    wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
}
