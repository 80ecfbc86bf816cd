//! Columns of Services and Ingresses.

use jiff::Timestamp;
use serde_json::Value;

use super::age;
use super::kinds::Kind;
use crate::registry::object::Object;

pub(super) const SERVICES: Kind =
    Kind { titles: &["Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "+Selector"], cells: service };
pub(super) const INGRESSES: Kind =
    Kind { titles: &["Class", "Hosts", "Address", "Ports", "Age"], cells: ingress };

fn or_none(text: String) -> Value {
    if text.is_empty() { "<none>".into() } else { text.into() }
}

fn joined(object: &Object, pointer: &str, each: impl Fn(&Value) -> Option<String>) -> String {
    let list = object.at(pointer).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(each).collect::<Vec<_>>().join(",")
}

/// `a=b,c=d`.
pub(super) fn labels(object: &Object, pointer: &str) -> String {
    let map = object.at(pointer).and_then(Value::as_object);
    let pairs =
        map.into_iter().flatten().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
    pairs.collect::<Vec<_>>().join(",")
}

fn service(object: &Object, now: Timestamp) -> Vec<Value> {
    let ports = joined(object, "/spec/ports", |port| {
        let node = port.get("nodePort").and_then(Value::as_i64).filter(|node| *node > 0);
        let node = node.map(|node| format!(":{node}")).unwrap_or_default();
        Some(format!("{}{node}/{}", port.get("port")?, port["protocol"].as_str().unwrap_or("TCP")))
    });
    let external = match object.text("/spec/type") {
        "ExternalName" => object.text("/spec/externalName").to_owned(),
        _ => joined(object, "/spec/externalIPs", |ip| ip.as_str().map(str::to_owned)),
    };
    vec![
        object.text("/spec/type").into(),
        or_none(object.text("/spec/clusterIP").to_owned()),
        or_none(external),
        or_none(ports),
        age::of(object, now).into(),
        or_none(labels(object, "/spec/selector")),
    ]
}

fn ingress(object: &Object, now: Timestamp) -> Vec<Value> {
    let hosts = joined(object, "/spec/rules", |rule| rule["host"].as_str().map(str::to_owned));
    let address = joined(object, "/status/loadBalancer/ingress", |one| {
        one["ip"].as_str().or(one["hostname"].as_str()).map(str::to_owned)
    });
    let ports = if object.at("/spec/tls").is_some() { "80, 443" } else { "80" };
    vec![
        or_none(object.text("/spec/ingressClassName").to_owned()),
        if hosts.is_empty() { "*".into() } else { hosts.into() },
        address.into(),
        ports.into(),
        age::of(object, now).into(),
    ]
}
