//! `spec.traffic`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    error::{Errors, out_of_bounds, refuse, refuse_all},
    template::dns_label_errors,
};

/// Checks the shares; `service`: of a Service, which must not name a Configuration.
pub(super) fn check(errors: &mut Errors, traffic: &Value, service: bool) {
    let mut sum = 0;
    let mut tags: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, target) in traffic.as_array().into_iter().flatten().enumerate() {
        let path = |field: &str| format!("spec.traffic[{at}].{field}");
        let revision = target["revisionName"].as_str().unwrap_or_default();
        let configuration = target["configurationName"].as_str().unwrap_or_default();
        if service && !configuration.is_empty() {
            refuse(errors, "must not set the field(s)", path("configurationName"));
        } else if !revision.is_empty() && !configuration.is_empty() {
            let paths = [path("configurationName"), path("revisionName")];
            refuse_all(errors, "expected exactly one, got both", paths, "");
        }
        if let Some(latest) = target["latestRevision"].as_bool()
            && latest != revision.is_empty()
        {
            let message = format!("may not set revisionName \"{revision}\" when latestRevision is {latest}");
            refuse(errors, message, path("latestRevision"));
        }
        if let Some(percent) = target["percent"].as_i64() {
            sum += percent;
            if !(0..=100).contains(&percent) {
                out_of_bounds(errors, percent, 0, 100, path("percent"));
            }
        }
        let Some(tag) = target["tag"].as_str().filter(|tag| !tag.is_empty()) else { continue };
        let wrong = dns_label_errors(tag);
        if !wrong.is_empty() {
            let message = format!("invalid value: not a DNS 1035 label: [{}]", wrong.join(" "));
            refuse(errors, message, format!("spec.traffic.tag[{at}]"));
        }
        match tags.get(tag) {
            Some(first) => {
                let paths = [format!("spec.traffic[{first}].tag"), path("tag")];
                refuse_all(errors, format!("Multiple definitions for \"{tag}\""), paths, "");
            }
            None => {
                tags.insert(tag, at);
            }
        }
    }
    if sum != 100 {
        refuse(errors, format!("Traffic targets sum to {sum}, want 100"), "spec.traffic");
    }
}
