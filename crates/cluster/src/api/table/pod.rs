//! Columns of Pods: the status is the most telling of phase, reason and container states.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Column, Printer, age};
use crate::registry::object::Object;

pub(super) struct Pods;

impl Printer for Pods {
    fn columns(&self) -> Vec<Column> {
        let shown = [
            ("Ready", "Containers that are ready, of all."),
            ("Status", "The phase of the Pod, or why it is not running."),
            ("Restarts", "How often its containers were started again."),
            ("Age", "The time since its creation."),
        ];
        let wide = [
            ("IP", "Its address."),
            ("Node", "Where it runs."),
            ("Nominated Node", "Where it may run after others were moved."),
            ("Readiness Gates", "Conditions beyond its containers, those that hold of all."),
        ];
        let shown = shown.map(|(name, words)| Column::new(name, "string", words));
        let wide = wide.map(|(name, words)| Column::new(name, "string", words).wide());
        std::iter::once(Column::name()).chain(shown).chain(wide).collect()
    }

    fn cells(&self, object: &Object, now: Timestamp) -> Vec<Value> {
        let or_none = |pointer: &str| match object.text(pointer) {
            "" => Value::from("<none>"),
            text => text.into(),
        };
        let total = list(object, "/spec/containers").count() + sidecars(object).count();
        let ready = statuses(object).filter(|status| status["ready"] == true).count();
        vec![
            object.name().into(),
            format!("{ready}/{total}").into(),
            status(object).into(),
            restarts(object, now).into(),
            age::of(object, now).into(),
            or_none("/status/podIP"),
            or_none("/spec/nodeName"),
            or_none("/status/nominatedNodeName"),
            gates(object).into(),
        ]
    }

    fn conditions(&self, object: &Object) -> Option<Value> {
        let (reason, message) = match object.text("/status/phase") {
            "Succeeded" => ("Succeeded", "The pod has completed successfully."),
            "Failed" => ("Failed", "The pod failed."),
            _ => return None,
        };
        Some(json!([{"type": "Completed", "status": "True", "reason": reason, "message": message}]))
    }
}

fn list<'o>(object: &'o Object, pointer: &str) -> impl Iterator<Item = &'o Value> {
    object.at(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// Init containers that stay.
fn sidecars(object: &Object) -> impl Iterator<Item = &Value> {
    list(object, "/spec/initContainers").filter(|one| one["restartPolicy"] == "Always")
}

/// The states of what counts: containers, and init containers that stay.
fn statuses(object: &Object) -> impl Iterator<Item = &Value> {
    let names: Vec<&Value> = sidecars(object).map(|one| &one["name"]).collect();
    let staying =
        list(object, "/status/initContainerStatuses").filter(move |one| names.contains(&&one["name"]));
    list(object, "/status/containerStatuses").chain(staying)
}

fn restarts(object: &Object, now: Timestamp) -> String {
    let count: i64 = statuses(object).filter_map(|one| one["restartCount"].as_i64()).sum();
    let last = statuses(object).filter_map(|one| one["lastState"]["terminated"]["finishedAt"].as_str()).max();
    match last.filter(|_| count > 0) {
        Some(last) => format!("{count} ({} ago)", age::since(last, now)),
        None => count.to_string(),
    }
}

fn status(object: &Object) -> String {
    let mut reason = match object.text("/status/reason") {
        "" => object.text("/status/phase").to_owned(),
        given => given.to_owned(),
    };
    if let Some(initial) = init_status(object) {
        reason = initial;
    } else {
        let mut running = false;
        for one in list(object, "/status/containerStatuses").collect::<Vec<_>>().into_iter().rev() {
            let state = &one["state"];
            if let Some(waiting) = state["waiting"]["reason"].as_str().filter(|text| !text.is_empty()) {
                waiting.clone_into(&mut reason);
            } else if state["terminated"].is_object() {
                reason = ended(&state["terminated"]);
            } else if one["ready"] == true && state["running"].is_object() {
                running = true;
            }
        }
        if reason == "Completed" && running {
            let ready = list(object, "/status/conditions")
                .any(|one| one["type"] == "Ready" && one["status"] == "True");
            reason = String::from(if ready { "Running" } else { "NotReady" });
        }
    }
    match (object.is_deleting(), object.text("/status/reason")) {
        (true, "NodeLost") => "Unknown".to_owned(),
        (true, _) if !matches!(object.text("/status/phase"), "Succeeded" | "Failed") => {
            "Terminating".to_owned()
        }
        _ => reason,
    }
}

fn ended(terminated: &Value) -> String {
    match (terminated["reason"].as_str(), terminated["signal"].as_i64()) {
        (Some(reason), _) if !reason.is_empty() => reason.to_owned(),
        (_, Some(signal)) if signal != 0 => format!("Signal:{signal}"),
        _ => format!("ExitCode:{}", terminated["exitCode"].as_i64().unwrap_or(0)),
    }
}

/// `Init:1/2` and the like while init containers are not done.
fn init_status(object: &Object) -> Option<String> {
    let total = list(object, "/spec/initContainers").count();
    let stays: Vec<&Value> = sidecars(object).map(|one| &one["name"]).collect();
    for (done, one) in list(object, "/status/initContainerStatuses").enumerate() {
        let (terminated, waiting) = (&one["state"]["terminated"], &one["state"]["waiting"]["reason"]);
        if terminated["exitCode"] == 0 || (stays.contains(&&one["name"]) && one["started"] == true) {
            continue;
        }
        return Some(if terminated.is_object() {
            format!("Init:{}", ended(terminated))
        } else {
            match waiting.as_str() {
                Some(reason) if !reason.is_empty() && reason != "PodInitializing" => format!("Init:{reason}"),
                _ => format!("Init:{done}/{total}"),
            }
        });
    }
    None
}

fn gates(object: &Object) -> String {
    let gates: Vec<&Value> =
        list(object, "/spec/readinessGates").map(|gate| &gate["conditionType"]).collect();
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let holds = |kind: &&&Value| {
        list(object, "/status/conditions").any(|one| one["type"] == ***kind && one["status"] == "True")
    };
    format!("{}/{}", gates.iter().filter(holds).count(), gates.len())
}
