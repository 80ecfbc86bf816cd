//! Services: ports, types, addresses.

use serde_json::{Value, json};

use super::{default, each, each_mut};
use crate::api::status::Cause;

pub(super) fn apply_defaults(object: &mut Value) {
    let spec = &mut object["spec"];
    default(spec, "type", "ClusterIP");
    default(spec, "sessionAffinity", "None");
    let kind = spec["type"].as_str().unwrap_or_default().to_owned();
    if kind != "ExternalName" {
        default(spec, "internalTrafficPolicy", "Cluster");
    }
    if matches!(kind.as_str(), "NodePort" | "LoadBalancer") {
        default(spec, "externalTrafficPolicy", "Cluster");
    }
    for port in each_mut(spec, "ports") {
        default(port, "protocol", "TCP");
        if port["targetPort"].is_null() || port["targetPort"] == 0 || port["targetPort"] == "" {
            port["targetPort"] = port["port"].clone();
        }
    }
}

/// The address of a Service follows from its uid: there is no network behind it to run out of addresses.
pub(super) fn prepare_create(object: &mut Value) {
    let uid = object["metadata"]["uid"].as_str().unwrap_or_default().bytes();
    let hash = uid.fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let spec = &mut object["spec"];
    if spec["type"] != "ExternalName" {
        let given = spec["clusterIP"].as_str().unwrap_or_default().to_owned();
        let address = match given.as_str() {
            "" => format!("10.{}.{}.{}", 96 + (hash >> 16) % 16, (hash >> 8) & 0xff, 1 + hash % 254),
            _ => given,
        };
        spec["clusterIPs"] = json!([address]);
        spec["clusterIP"] = address.into();
        default(spec, "ipFamilies", json!(["IPv4"]));
        default(spec, "ipFamilyPolicy", "SingleStack");
    }
    object["status"] = json!({"loadBalancer": {}});
}

/// A replacement need not name the address.
pub(super) fn prepare_update(object: &mut Value, old: &Value) {
    for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if object["spec"][field].is_null() && !old["spec"][field].is_null() {
            object["spec"][field] = old["spec"][field].clone();
        }
    }
}

pub(super) fn validate(object: &Value, causes: &mut Vec<Cause>) {
    const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
    let spec = &object["spec"];
    let kind = spec["type"].as_str().unwrap_or_default();
    let headless = spec["clusterIP"] == "None";
    if each(spec, "ports").next().is_none() && !headless && kind != "ExternalName" {
        causes.push(Cause::required("spec.ports", ""));
    }
    let several = each(spec, "ports").count() > 1;
    for (at, port) in each(spec, "ports").enumerate() {
        let number = port["port"].as_i64().unwrap_or(0);
        if several && port["name"].as_str().unwrap_or_default().is_empty() {
            causes.push(Cause::required(format!("spec.ports[{at}].name"), ""));
        }
        if !(1..=65535).contains(&number) {
            let words = "must be between 1 and 65535, inclusive";
            causes.push(Cause::invalid(format!("spec.ports[{at}].port"), &number.into(), words));
        }
    }
    if !TYPES.contains(&kind) {
        causes.push(Cause::not_supported("spec.type", &spec["type"], &TYPES));
    }
    if kind == "ExternalName" && spec["externalName"].as_str().unwrap_or_default().is_empty() {
        causes.push(Cause::required("spec.externalName", ""));
    }
}
