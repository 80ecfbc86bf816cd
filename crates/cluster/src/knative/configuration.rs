//! Configuration → Revision, and the status that follows the newest Revision. Pure.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use knative::{
    Condition, condition,
    serving::{Configuration, ConfigurationStatus, Revision, annotation},
};
use kube::ResourceExt;
use sha2::{Digest, Sha256};

use super::{
    condition::{fails, holds, stamp, unknown},
    service::owner,
};

/// Longest name of an object that is also used as a label or host name.
const NAME_LIMIT: usize = 63;

/// Name of the Revision of the present generation: the template's own, or the Configuration's with the
/// generation in five digits.
pub(super) fn revision_name(configuration: &Configuration) -> String {
    let template = configuration.spec.template.metadata.as_ref();
    if let Some(name) = template.and_then(|m| m.name.clone()) {
        return name;
    }
    let suffix = format!("-{:05}", configuration.metadata.generation.unwrap_or(1));
    child_name(&configuration.name_any(), &suffix)
}

/// `parent` + `suffix`; where that is too long, the end of the parent gives way to a hash of it, so that
/// two long names never meet.
pub(super) fn child_name(parent: &str, suffix: &str) -> String {
    if parent.len() + suffix.len() <= NAME_LIMIT {
        return format!("{parent}{suffix}");
    }
    let hash = hex::encode(&Sha256::digest(parent)[..16]);
    let kept = NAME_LIMIT - hash.len() - suffix.len();
    format!("{}{hash}{suffix}", &parent[..kept])
}

/// The Revision of the present generation.
pub(super) fn revision(configuration: &Configuration, now: &Time) -> Revision {
    let template = configuration.spec.template.clone();
    let own = template.metadata.unwrap_or_default();
    let mut labels = own.labels.unwrap_or_default();
    let mut annotations = own.annotations.unwrap_or_default();
    let from = |key: &str| configuration.labels().get(key).cloned();
    labels.insert(annotation::CONFIGURATION.into(), configuration.name_any());
    labels.insert(annotation::CONFIGURATION_UID.into(), configuration.uid().unwrap_or_default());
    let generation = configuration.metadata.generation.unwrap_or(1).to_string();
    labels.insert(annotation::CONFIGURATION_GENERATION.into(), generation);
    for key in [annotation::SERVICE, annotation::SERVICE_UID] {
        if let Some(value) = from(key) {
            labels.insert(key.into(), value);
        }
    }
    for key in [annotation::CREATOR, annotation::ROUTES] {
        if let Some(value) = configuration.annotations().get(key) {
            annotations.insert(key.into(), value.clone());
        }
    }
    let routed = annotations.contains_key(annotation::ROUTES);
    labels.insert(annotation::ROUTING_STATE.into(), if routed { "active" } else { "pending" }.into());
    annotations.insert(annotation::ROUTING_STATE_MODIFIED.into(), seconds(now));
    Revision {
        metadata: ObjectMeta {
            name: Some(revision_name(configuration)),
            namespace: configuration.metadata.namespace.clone(),
            labels: Some(labels),
            annotations: Some(annotations),
            owner_references: Some(vec![owner("Configuration", &configuration.metadata)]),
            ..ObjectMeta::default()
        },
        spec: template.spec,
        status: None,
    }
}

/// RFC 3339 without fractions, as the annotations have it.
pub(super) fn seconds(now: &Time) -> String {
    now.0.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Generation of its Configuration that a Revision was made for.
pub(super) fn generation_of(revision: &Revision) -> i64 {
    let label = revision.labels().get(annotation::CONFIGURATION_GENERATION);
    label.and_then(|g| g.parse().ok()).unwrap_or(0)
}

/// Whether the Revision says `Ready`.
pub(super) fn is_ready(revision: &Revision) -> bool {
    ready_condition(revision).is_some_and(Condition::is_true)
}

fn ready_condition(revision: &Revision) -> Option<&Condition> {
    revision.status.as_ref().and_then(|s| condition::find(&s.conditions, "Ready"))
}

/// What a Configuration says about itself; `revisions` are the ones that it owns.
pub(super) fn status(
    configuration: &Configuration,
    revisions: &[&Revision],
    now: &Time,
) -> ConfigurationStatus {
    let old = configuration.status.clone().unwrap_or_default();
    let mut status = old.clone();
    status.observed_generation = configuration.metadata.generation;

    let name = revision_name(configuration);
    let created = revisions.iter().copied().find(|r| r.name_any() == name);
    let ready = match created.and_then(ready_condition) {
        Some(c) if c.is_true() => holds("Ready"),
        Some(c) if c.is_false() => {
            let cause = c.message.as_deref().unwrap_or_default();
            fails("Ready", "RevisionFailed", &format!("Revision \"{name}\" failed with message: {cause}."))
        }
        _ => unknown("Ready", "", ""),
    };
    if created.is_some() {
        status.latest_created_revision_name = Some(name);
    }
    status.latest_ready_revision_name = latest_ready(revisions, old.latest_ready_revision_name.as_deref());
    status.conditions = stamp(vec![ready], &old.conditions, now);
    status
}

/// The newest Revision that is ready, but never one older than the last that was.
fn latest_ready(revisions: &[&Revision], before: Option<&str>) -> Option<String> {
    let floor =
        revisions.iter().find(|r| Some(r.name_any().as_str()) == before).map_or(0, |r| generation_of(r));
    let newest = revisions
        .iter()
        .filter(|r| is_ready(r) && generation_of(r) >= floor)
        .max_by_key(|r| generation_of(r))
        .map(|r| r.name_any());
    newest.or_else(|| before.map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;
    use knative::serving::RevisionStatus;

    fn now() -> Time {
        Time(k8s_openapi::jiff::Timestamp::UNIX_EPOCH)
    }

    fn configuration(generation: i64) -> Configuration {
        let mut it = Configuration::new("web", Default::default());
        it.metadata.generation = Some(generation);
        it.metadata.annotations = Some([(annotation::ROUTES.into(), "web".into())].into());
        it.metadata.labels = Some([(annotation::SERVICE.into(), "web".into())].into());
        it
    }

    fn made(generation: i64, ready: Option<Condition>) -> Revision {
        let mut it = revision(&configuration(generation), &now());
        it.status = Some(RevisionStatus { conditions: ready.into_iter().collect(), ..Default::default() });
        it
    }

    #[test]
    fn revisions_are_named_by_generation_and_never_exceed_63_characters() {
        assert_eq!(revision_name(&configuration(7)), "web-00007");
        let mut long = configuration(1);
        long.metadata.name = Some("n".repeat(63));
        let name = revision_name(&long);
        assert_eq!(name.len(), 63);
        assert!(name.ends_with("-00001"));
        long.metadata.name = Some(format!("{}m", "n".repeat(62)));
        assert_ne!(revision_name(&long), name);
    }

    #[test]
    fn a_revision_is_labelled_as_knative_does() {
        let it = made(3, None);
        assert_eq!(it.labels()[annotation::CONFIGURATION_GENERATION], "3");
        assert_eq!(it.labels()[annotation::ROUTING_STATE], "active");
        assert_eq!(it.annotations()[annotation::ROUTING_STATE_MODIFIED], "1970-01-01T00:00:00Z");
        assert_eq!(it.owner_references()[0].kind, "Configuration");
    }

    #[test]
    fn a_failed_revision_leaves_the_last_good_one() {
        let (good, bad) = (made(1, Some(holds("Ready"))), made(2, Some(fails("Ready", "ExitCode3", "boom"))));
        let status = status(&configuration(2), &[&good, &bad], &now());
        assert_eq!(status.latest_created_revision_name.as_deref(), Some("web-00002"));
        assert_eq!(status.latest_ready_revision_name.as_deref(), Some("web-00001"));
        assert_eq!(
            status.conditions[0].message.as_deref(),
            Some("Revision \"web-00002\" failed with message: boom.")
        );
    }

    #[test]
    fn the_latest_ready_revision_never_goes_back() {
        let mut configuration = configuration(2);
        let (old, new) = (made(1, Some(holds("Ready"))), made(2, Some(fails("Ready", "X", ""))));
        configuration.status = Some(ConfigurationStatus {
            latest_ready_revision_name: Some("web-00002".into()),
            ..Default::default()
        });
        let status = status(&configuration, &[&old, &new], &now());
        assert_eq!(status.latest_ready_revision_name.as_deref(), Some("web-00002"));
    }
}
