//! What the platform refuses before the cluster sees it, with a sentence for the field.

mod env;
mod source;

use std::time::Duration;

use domain::{
    FieldError, TenantName,
    function::{FunctionSpec, Resources, Scaling, TrafficTarget},
};
use knative::{Quantity, go_duration};

pub(crate) use env::is_env_name;

use crate::{Error, Result, triggers::unreadable};

/// Collects what is wrong.
#[derive(Default)]
struct Findings(Vec<FieldError>);

impl Findings {
    fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), message: message.into() });
    }

    fn require(&mut self, holds: bool, field: impl Into<String>, message: impl Into<String>) {
        if !holds {
            self.add(field, message);
        }
    }
}

/// Everything about a spec that can be said without asking anyone.
pub(crate) fn spec(spec: &FunctionSpec, tenant: &TenantName) -> Result<()> {
    let mut found = Findings::default();
    source::check(&mut found, spec, tenant);
    env::check(&mut found, &spec.env);
    scaling(&mut found, &spec.scaling);
    resources(&mut found, &spec.resources);
    let timeout = go_duration::parse(&spec.build.timeout);
    found.require(
        timeout.is_some_and(|time| (Duration::from_secs(1)..=Duration::from_hours(24)).contains(&time)),
        "spec.build.timeout",
        "Write a time between 1s and 24h, for example 30m.",
    );
    found.require(
        (1..=10).contains(&spec.build.priority),
        "spec.build.priority",
        "Write a number from 1 (first) to 10.",
    );
    traffic(&mut found, &spec.traffic);
    for (place, trigger) in spec.triggers.iter().enumerate() {
        if let Some((field, message)) = trigger.schedule.as_ref().and_then(unreadable) {
            found.add(format!("spec.triggers[{place}].schedule.{field}"), message);
        }
    }
    if found.0.is_empty() { Ok(()) } else { Err(Error::Invalid(found.0)) }
}

fn scaling(found: &mut Findings, scaling: &Scaling) {
    let (min, max) = (scaling.min_replicas, scaling.max_replicas);
    found.require((0..=1000).contains(&min), "spec.scaling.minReplicas", "Write a number from 0 to 1000.");
    found.require((1..=1000).contains(&max), "spec.scaling.maxReplicas", "Write a number from 1 to 1000.");
    found.require(
        min <= max,
        "spec.scaling.minReplicas",
        "The least can not be more than the most instances.",
    );
    found.require(
        (1..=1000).contains(&scaling.target_concurrency),
        "spec.scaling.targetConcurrency",
        "Write a number from 1 to 1000.",
    );
    found.require(
        (0..=1000).contains(&scaling.container_concurrency),
        "spec.scaling.containerConcurrency",
        "Write a number from 0 (no limit) to 1000.",
    );
    found.require(
        go_duration::parse(&scaling.scale_to_zero_grace_period)
            .is_some_and(|time| time <= Duration::from_hours(1)),
        "spec.scaling.scaleToZeroGracePeriod",
        "Write a time up to 1h, for example 30s or 5m.",
    );
}

fn resources(found: &mut Findings, resources: &Resources) {
    let parts = [
        ("cpu", &resources.requests.cpu, &resources.limits.cpu, "50m or 1"),
        ("memory", &resources.requests.memory, &resources.limits.memory, "64Mi or 1Gi"),
    ];
    for (what, request, limit, example) in parts {
        let read = |found: &mut Findings, list: &str, text: &Option<String>| {
            let value = Quantity::parse(text.as_deref()?);
            if value.is_none_or(|value| value <= Quantity::ZERO) {
                found.add(
                    format!("spec.resources.{list}.{what}"),
                    format!("Write an amount, for example {example}."),
                );
            }
            value
        };
        let (request, limit) = (read(found, "requests", request), read(found, "limits", limit));
        if let (Some(request), Some(limit)) = (request, limit)
            && request > limit
        {
            found.add(
                format!("spec.resources.requests.{what}"),
                "The request can not be more than the limit.",
            );
        }
    }
}

fn traffic(found: &mut Findings, shares: &[TrafficTarget]) {
    if shares.is_empty() {
        return;
    }
    let sum: i64 = shares.iter().map(|share| share.percent).sum();
    found.require(sum == 100, "spec.traffic", format!("The shares add up to {sum}, not to 100."));
    for (at, share) in shares.iter().enumerate() {
        let one = share.revision_name.is_some() != (share.latest_revision == Some(true));
        found.require(
            one,
            format!("spec.traffic[{at}]"),
            "Name either one revision or the latest, not both and not none.",
        );
        found.require(
            (0..=100).contains(&share.percent),
            format!("spec.traffic[{at}].percent"),
            "Write a number from 0 to 100.",
        );
        let same_revision = |other: &TrafficTarget| other.revision_name == share.revision_name;
        match share.tag.as_deref() {
            Some(tag) if shares[..at].iter().any(|other| other.tag.as_deref() == Some(tag)) => found.add(
                format!("spec.traffic[{at}].tag"),
                format!("The tag {tag} is there twice; a tag is one address."),
            ),
            Some(tag) if !is_tag(tag) => found.add(
                format!("spec.traffic[{at}].tag"),
                "Use up to 32 lower-case letters, digits and hyphens, with no hyphen first or last.",
            ),
            None if shares[..at].iter().any(|other| other.tag.is_none() && same_revision(other)) => {
                found.add(format!("spec.traffic[{at}]"), "This revision is there twice; add the shares up.");
            }
            _ => {}
        }
    }
}

fn is_tag(tag: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=32).contains(&tag.len()) && tag.chars().all(allowed) && !tag.starts_with('-') && !tag.ends_with('-')
}

#[cfg(test)]
mod tests {
    use domain::function::{EnvVar, Language};

    use super::*;

    fn fields(change: impl Fn(&mut FunctionSpec)) -> Vec<String> {
        let mut candidate = FunctionSpec::inline(Language::Python, "def handler(event): return 1", None);
        change(&mut candidate);
        match spec(&candidate, &"acme".parse().unwrap()) {
            Err(Error::Invalid(errors)) => errors.into_iter().map(|error| error.field).collect(),
            Ok(()) => Vec::new(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_function_with_defaults_is_valid() {
        assert_eq!(fields(|_| {}), Vec::<String>::new());
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = fields(|spec| {
            spec.scaling.min_replicas = 5;
            spec.scaling.max_replicas = 2;
            spec.resources.requests.cpu = Some("2".into());
            spec.build.timeout = "soon".into();
            spec.env = vec![EnvVar::plain("1A", "x"), EnvVar::plain("PORT", "1")];
        });
        assert_eq!(
            wrong,
            [
                "spec.env[0].name",
                "spec.env[1].name",
                "spec.scaling.minReplicas",
                "spec.resources.requests.cpu",
                "spec.build.timeout"
            ]
        );
    }

    #[test]
    fn an_upload_of_another_tenant_is_refused() {
        let wrong = fields(|spec| {
            spec.source = domain::function::Source::upload(domain::function::UploadSource {
                key: "uploads/other/secret".into(),
                sha256: "0".repeat(64),
                size: 1,
                filename: None,
            });
        });
        assert_eq!(wrong, ["spec.source.upload.key"]);
    }

    #[test]
    fn code_over_256_kib_is_refused() {
        let wrong = fields(|spec| {
            spec.source.inline.as_mut().unwrap().code = "x".repeat(256 * 1024 + 1);
        });
        assert_eq!(wrong, ["spec.source.inline.code"]);
    }
}
