//! Columns of Jobs, CronJobs, Deployments and ReplicaSets.

use jiff::Timestamp;
use serde_json::Value;

use super::age;
use super::kinds::Kind;
use super::network::labels;
use crate::registry::object::Object;

pub(super) const JOBS: Kind = Kind {
    titles: &["Status", "Completions", "Duration", "Age", "+Containers", "+Images", "+Selector"],
    cells: job,
};
pub(super) const CRON_JOBS: Kind =
    Kind { titles: &["Schedule", "Timezone", "Suspend", "Active", "Last Schedule", "Age"], cells: cron_job };
pub(super) const DEPLOYMENTS: Kind = Kind {
    titles: &["Ready", "Up-to-date", "Available", "Age", "+Containers", "+Images", "+Selector"],
    cells: deployment,
};
pub(super) const REPLICA_SETS: Kind = Kind {
    titles: &["Desired", "Current", "Ready", "Age", "+Containers", "+Images", "+Selector"],
    cells: replica_set,
};

fn number(object: &Object, pointer: &str) -> i64 {
    object.at(pointer).and_then(Value::as_i64).unwrap_or(0)
}

/// Names, images and selector of the template.
fn template(object: &Object) -> [Value; 3] {
    let list = object.at("/spec/template/spec/containers").and_then(Value::as_array);
    let texts = |name: &str| {
        let texts = list.into_iter().flatten().filter_map(|one| one[name].as_str());
        texts.collect::<Vec<_>>().join(",")
    };
    [texts("name").into(), texts("image").into(), labels(object, "/spec/selector/matchLabels").into()]
}

fn condition<'o>(object: &'o Object, kind: &str) -> Option<&'o Value> {
    let list = object.at("/status/conditions").and_then(Value::as_array)?;
    list.iter().find(|one| one["type"] == kind && one["status"] == "True")
}

fn job(object: &Object, now: Timestamp) -> Vec<Value> {
    let status = if condition(object, "Complete").is_some() {
        "Complete"
    } else if condition(object, "Failed").is_some() {
        "Failed"
    } else if object.is_deleting() {
        "Terminating"
    } else if condition(object, "Suspended").is_some() {
        "Suspended"
    } else if condition(object, "FailureTarget").is_some() {
        "FailureTarget"
    } else if condition(object, "SuccessCriteriaMet").is_some() {
        "SuccessCriteriaMet"
    } else {
        "Running"
    };
    let succeeded = number(object, "/status/succeeded");
    let completions = match object.at("/spec/completions").and_then(Value::as_i64) {
        Some(wanted) => format!("{succeeded}/{wanted}"),
        None => match number(object, "/spec/parallelism") {
            parallel if parallel > 1 => format!("{succeeded}/1 of {parallel}"),
            _ => format!("{succeeded}/1"),
        },
    };
    let start = object.text("/status/startTime").parse::<Timestamp>();
    let end = object.text("/status/completionTime").parse::<Timestamp>();
    let duration = match (start, end) {
        (Ok(start), Ok(end)) => age::between(start, end),
        (Ok(start), Err(_)) => age::between(start, now),
        _ => String::new(),
    };
    let mut cells = vec![status.into(), completions.into(), duration.into(), age::of(object, now).into()];
    cells.extend(template(object));
    cells
}

fn cron_job(object: &Object, now: Timestamp) -> Vec<Value> {
    let last = object.text("/status/lastScheduleTime");
    let zone = object.text("/spec/timeZone");
    let suspend = object.at("/spec/suspend") == Some(&Value::Bool(true));
    vec![
        object.text("/spec/schedule").into(),
        if zone.is_empty() { "<none>".into() } else { zone.into() },
        if suspend { "True".into() } else { "False".into() },
        object.at("/status/active").and_then(Value::as_array).map_or(0, Vec::len).into(),
        if last.is_empty() { "<none>".into() } else { age::since(last, now).into() },
        age::of(object, now).into(),
    ]
}

fn deployment(object: &Object, now: Timestamp) -> Vec<Value> {
    let ready = format!("{}/{}", number(object, "/status/readyReplicas"), number(object, "/spec/replicas"));
    let mut cells = vec![
        ready.into(),
        number(object, "/status/updatedReplicas").into(),
        number(object, "/status/availableReplicas").into(),
        age::of(object, now).into(),
    ];
    cells.extend(template(object));
    cells
}

fn replica_set(object: &Object, now: Timestamp) -> Vec<Value> {
    let mut cells = vec![
        number(object, "/spec/replicas").into(),
        number(object, "/status/replicas").into(),
        number(object, "/status/readyReplicas").into(),
        age::of(object, now).into(),
    ];
    cells.extend(template(object));
    cells
}
