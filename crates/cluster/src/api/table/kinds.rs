//! Columns of built-in kinds, as kubectl shows them.

use jiff::Timestamp;
use serde_json::Value;

use super::{Column, Printer, age, network, pod, workload};
use crate::registry::object::Object;
use crate::registry::resource::Resource;

/// How the cells of one kind are made.
pub(super) type Cells = fn(&Object, Timestamp) -> Vec<Value>;

/// The columns of a kind after `Name`: its titles, the wide ones marked by a `+`, and its cells.
pub(super) struct Kind {
    pub(super) titles: &'static [&'static str],
    pub(super) cells: Cells,
}

/// Finds the columns of a kind.
pub(super) fn printer(resource: &Resource) -> Box<dyn Printer> {
    let kind = match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => return Box::new(pod::Pods),
        ("", "configmaps") => Kind { titles: &["Data", "Age"], cells: config_map },
        ("", "secrets") => Kind { titles: &["Type", "Data", "Age"], cells: secret },
        ("", "namespaces") => Kind { titles: &["Status", "Age"], cells: namespace },
        ("", "serviceaccounts") => Kind { titles: &["Secrets", "Age"], cells: service_account },
        ("", "resourcequotas") => Kind { titles: &["Request", "Limit", "Age"], cells: quota },
        ("", "limitranges") => Kind { titles: &["Created At"], cells: created_at },
        ("", "services") => network::SERVICES,
        ("networking.k8s.io", "ingresses") => network::INGRESSES,
        ("" | "events.k8s.io", "events") => Kind {
            titles: &[
                "Last Seen",
                "Type",
                "Reason",
                "Object",
                "+Subobject",
                "+Source",
                "Message",
                "+First Seen",
                "+Count",
                "+Name",
            ],
            cells: event,
        },
        ("coordination.k8s.io", "leases") => Kind { titles: &["Holder", "Age"], cells: lease },
        ("batch", "jobs") => workload::JOBS,
        ("batch", "cronjobs") => workload::CRON_JOBS,
        ("apps", "deployments") => workload::DEPLOYMENTS,
        ("apps", "replicasets") => workload::REPLICA_SETS,
        ("rbac.authorization.k8s.io", "rolebindings" | "clusterrolebindings") => {
            Kind { titles: &["Role", "Age"], cells: binding }
        }
        _ => Kind { titles: &["Created At"], cells: created_at },
    };
    Box::new(kind)
}

impl Printer for Kind {
    fn columns(&self) -> Vec<Column> {
        let own = self.titles.iter().map(|title| match title.strip_prefix('+') {
            Some(title) => column(title).wide(),
            None => column(title),
        });
        // Events are told by what they are about; their name comes last.
        let name = (!self.titles.contains(&"+Name")).then(Column::name);
        name.into_iter().chain(own).collect()
    }

    fn cells(&self, object: &Object, now: Timestamp) -> Vec<Value> {
        let name = (!self.titles.contains(&"+Name")).then(|| object.name().into());
        name.into_iter().chain((self.cells)(object, now)).collect()
    }
}

fn column(title: &str) -> Column {
    let kind = if title == "Created At" { "date" } else { "string" };
    Column::new(title, kind, &format!("{title} of the object."))
}

fn size(object: &Object, pointer: &str) -> usize {
    match object.at(pointer) {
        Some(Value::Object(map)) => map.len(),
        Some(Value::Array(list)) => list.len(),
        _ => 0,
    }
}

fn config_map(object: &Object, now: Timestamp) -> Vec<Value> {
    let count = size(object, "/data") + size(object, "/binaryData");
    vec![count.into(), age::of(object, now).into()]
}

fn secret(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.text("/type").into(), size(object, "/data").into(), age::of(object, now).into()]
}

fn namespace(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.text("/status/phase").into(), age::of(object, now).into()]
}

fn service_account(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![size(object, "/secrets").into(), age::of(object, now).into()]
}

fn created_at(object: &Object, _: Timestamp) -> Vec<Value> {
    vec![object.text("/metadata/creationTimestamp").into()]
}

fn lease(object: &Object, now: Timestamp) -> Vec<Value> {
    vec![object.text("/spec/holderIdentity").into(), age::of(object, now).into()]
}

fn binding(object: &Object, now: Timestamp) -> Vec<Value> {
    let role = format!("{}/{}", object.text("/roleRef/kind"), object.text("/roleRef/name"));
    vec![role.into(), age::of(object, now).into()]
}

/// `pods: 1/5, …`, requests and limits apart.
fn quota(object: &Object, now: Timestamp) -> Vec<Value> {
    let (mut requests, mut limits) = (Vec::new(), Vec::new());
    let hard = object.at("/status/hard").and_then(Value::as_object);
    for (name, most) in hard.into_iter().flatten() {
        let used = object.at("/status/used").and_then(|used| used.get(name));
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or("0").to_owned();
        let line = format!("{name}: {}/{}", text(used), text(Some(most)));
        if name.starts_with("limits.") { limits.push(line) } else { requests.push(line) }
    }
    vec![requests.join(", ").into(), limits.join(", ").into(), age::of(object, now).into()]
}

fn event(object: &Object, now: Timestamp) -> Vec<Value> {
    let first_of = |pointers: &[&str]| -> String {
        pointers.iter().map(|at| object.text(at)).find(|text| !text.is_empty()).unwrap_or_default().to_owned()
    };
    let last = first_of(&[
        "/series/lastObservedTime",
        "/lastTimestamp",
        "/deprecatedLastTimestamp",
        "/eventTime",
        "/firstTimestamp",
    ]);
    let first = first_of(&["/firstTimestamp", "/deprecatedFirstTimestamp", "/eventTime"]);
    let kind = first_of(&["/involvedObject/kind", "/regarding/kind"]).to_lowercase();
    let name = first_of(&["/involvedObject/name", "/regarding/name"]);
    let source = first_of(&[
        "/source/component",
        "/deprecatedSource/component",
        "/reportingComponent",
        "/reportingController",
    ]);
    let count = ["/series/count", "/count", "/deprecatedCount"].iter().find_map(|at| object.at(at)?.as_i64());
    vec![
        age::since(&last, now).into(),
        object.text("/type").into(),
        object.text("/reason").into(),
        format!("{kind}/{name}").into(),
        first_of(&["/involvedObject/fieldPath", "/regarding/fieldPath"]).into(),
        source.into(),
        first_of(&["/message", "/note"]).into(),
        age::since(&first, now).into(),
        count.unwrap_or(1).into(),
        object.name().into(),
    ]
}
