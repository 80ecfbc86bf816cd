//! Route → which Revision gets which share, and the status that says so. Pure.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use knative::{
    Condition, condition,
    serving::{Addressable, Configuration, Revision, Route, RouteStatus, TrafficTarget, annotation},
};
use kube::ResourceExt;

use super::{
    condition::{fails, holds, ready, stamp, unknown},
    config::Config,
};

/// Finalizer that Knative puts on Routes.
pub(super) const FINALIZER: &str = "routes.serving.knative.dev";

/// How a Route finds what its traffic names; both in its own namespace.
pub(super) trait Lookup {
    fn configuration(&self, name: &str) -> Option<&Configuration>;
    fn revision(&self, name: &str) -> Option<&Revision>;
}

/// Whether only the cluster itself may call the Route.
pub(super) fn is_local(route: &Route) -> bool {
    route.labels().get(annotation::VISIBILITY).is_some_and(|v| v == "cluster-local")
}

/// The targets with every Revision resolved, or the condition `AllTrafficAssigned` that tells why not.
pub(super) fn assign(
    route: &Route,
    lookup: &impl Lookup,
    config: &Config,
) -> Result<Vec<TrafficTarget>, Box<Condition>> {
    let namespace = route.namespace().unwrap_or_default();
    let mut assigned = Vec::with_capacity(route.spec.traffic.len());
    for target in &route.spec.traffic {
        let (revision, latest) = match (&target.revision_name, &target.configuration_name) {
            (Some(name), _) => (pinned(name, lookup)?, false),
            (None, Some(name)) => (latest(name, lookup)?, true),
            (None, None) => continue,
        };
        assigned.push(TrafficTarget {
            configuration_name: None,
            latest_revision: Some(latest),
            percent: target.percent,
            revision_name: Some(revision),
            tag: target.tag.clone(),
            url: target.tag.as_deref().map(|tag| config.url(&namespace, &route.name_any(), Some(tag))),
        });
    }
    Ok(assigned)
}

fn pinned(name: &str, lookup: &impl Lookup) -> Result<String, Box<Condition>> {
    let Some(revision) = lookup.revision(name) else {
        let message = format!("Revision \"{name}\" referenced in traffic not found.");
        return Err(Box::new(fails("AllTrafficAssigned", "RevisionMissing", &message)));
    };
    let ready = revision.status.as_ref().and_then(|s| condition::find(&s.conditions, "Ready"));
    match ready {
        Some(c) if c.is_true() => Ok(name.to_owned()),
        Some(c) if c.is_false() => {
            let message = format!("Revision \"{name}\" failed to become ready.");
            Err(Box::new(fails("AllTrafficAssigned", "RevisionMissing", &message)))
        }
        _ => {
            let message = format!("Revision \"{name}\" is not yet ready.");
            Err(Box::new(unknown("AllTrafficAssigned", "RevisionMissing", &message)))
        }
    }
}

fn latest(name: &str, lookup: &impl Lookup) -> Result<String, Box<Condition>> {
    let Some(configuration) = lookup.configuration(name) else {
        let message = format!("Configuration \"{name}\" referenced in traffic not found.");
        return Err(Box::new(fails("AllTrafficAssigned", "ConfigurationMissing", &message)));
    };
    let status = configuration.status.as_ref();
    if let Some(revision) = status.and_then(|s| s.latest_ready_revision_name.clone()) {
        return Ok(revision);
    }
    let failed =
        status.and_then(|s| condition::find(&s.conditions, "Ready")).is_some_and(Condition::is_false);
    Err(Box::new(if failed {
        let message = format!("Configuration \"{name}\" does not have any ready Revision.");
        fails("AllTrafficAssigned", "RevisionMissing", &message)
    } else {
        let message = format!("Configuration \"{name}\" is waiting for a Revision to become ready.");
        unknown("AllTrafficAssigned", "RevisionMissing", &message)
    }))
}

/// What a Route says about itself. Traffic that could not be assigned leaves the former traffic in
/// place.
pub(super) fn status(
    route: &Route,
    assigned: Result<Vec<TrafficTarget>, Box<Condition>>,
    config: &Config,
    now: &Time,
) -> RouteStatus {
    let (name, namespace) = (route.name_any(), route.namespace().unwrap_or_default());
    let local = format!("http://{name}.{namespace}.svc.cluster.local");
    let old = route.status.clone().unwrap_or_default();
    let mut status = old.clone();
    status.observed_generation = route.metadata.generation;
    status.url = Some(if is_local(route) { local.clone() } else { config.url(&namespace, &name, None) });

    let without_tls = || {
        let mut condition = holds("CertificateProvisioned");
        condition.reason = Some("TLSNotEnabled".into());
        condition.message = Some("external-domain-tls is not enabled".into());
        condition
    };
    let (traffic, certificate, ingress) = match assigned {
        Ok(targets) => {
            status.address = Some(Addressable { url: Some(local), ..Addressable::default() });
            status.traffic = targets;
            (holds("AllTrafficAssigned"), without_tls(), holds("IngressReady"))
        }
        Err(why) => {
            let certificate = if old.traffic.is_empty() {
                unknown("CertificateProvisioned", "", "")
            } else {
                without_tls()
            };
            let ingress =
                unknown("IngressReady", "IngressNotConfigured", "Ingress has not yet been reconciled.");
            (*why, certificate, ingress)
        }
    };
    let order = [&traffic, &ingress, &certificate];
    let summary = ready(&order, &order);
    status.conditions = stamp(vec![traffic, certificate, ingress, summary], &old.conditions, now);
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use knative::serving::{ConfigurationStatus, RevisionStatus};

    #[derive(Default)]
    struct World(Vec<Configuration>, Vec<Revision>);

    impl Lookup for World {
        fn configuration(&self, name: &str) -> Option<&Configuration> {
            self.0.iter().find(|c| c.name_any() == name)
        }
        fn revision(&self, name: &str) -> Option<&Revision> {
            self.1.iter().find(|r| r.name_any() == name)
        }
    }

    fn now() -> Time {
        Time(k8s_openapi::jiff::Timestamp::UNIX_EPOCH)
    }

    fn route(traffic: serde_json::Value) -> Route {
        serde_json::from_value(serde_json::json!({
            "metadata": {"name": "web", "namespace": "acme", "generation": 1}, "spec": {"traffic": traffic},
            "apiVersion": "serving.knative.dev/v1", "kind": "Route"
        }))
        .unwrap()
    }

    fn configuration(latest: Option<&str>, ready: Condition) -> Configuration {
        let mut it = Configuration::new("web", Default::default());
        it.status = Some(ConfigurationStatus {
            latest_ready_revision_name: latest.map(str::to_owned),
            conditions: vec![ready],
            ..Default::default()
        });
        it
    }

    fn revision(name: &str) -> Revision {
        let mut it = Revision::new(name, Default::default());
        it.status = Some(RevisionStatus { conditions: vec![holds("Ready")], ..Default::default() });
        it
    }

    #[test]
    fn shares_and_tags_are_resolved_with_urls() {
        let world =
            World(vec![configuration(Some("web-00002"), holds("Ready"))], vec![revision("web-00001")]);
        let route = route(serde_json::json!([
            {"revisionName": "web-00001", "percent": 80, "tag": "stable"},
            {"configurationName": "web", "latestRevision": true, "percent": 20}
        ]));
        let config = Config::default();
        let status = status(&route, assign(&route, &world, &config), &config, &now());
        assert_eq!(status.url.as_deref(), Some("http://web.acme.fn.localhost:3001"));
        assert_eq!(status.traffic[0].url.as_deref(), Some("http://stable-web.acme.fn.localhost:3001"));
        assert_eq!(status.traffic[0].latest_revision, Some(false));
        assert_eq!(status.traffic[1].revision_name.as_deref(), Some("web-00002"));
        assert!(status.conditions.iter().all(Condition::is_true));
    }

    #[test]
    fn traffic_to_a_missing_revision_keeps_the_former_shares() {
        let config = Config::default();
        let mut route = route(serde_json::json!([{"revisionName": "web-00009", "percent": 100}]));
        let before = TrafficTarget { revision_name: Some("web-00001".into()), ..Default::default() };
        route.status = Some(RouteStatus { traffic: vec![before.clone()], ..Default::default() });
        let status = status(&route, assign(&route, &World::default(), &config), &config, &now());
        assert_eq!(status.traffic, [before]);
        let texts: Vec<_> =
            status.conditions.iter().map(|c| (c.status.as_str(), c.reason.as_deref())).collect();
        assert_eq!(
            texts,
            [
                ("False", Some("RevisionMissing")),
                ("True", Some("TLSNotEnabled")),
                ("Unknown", Some("IngressNotConfigured")),
                ("False", Some("RevisionMissing"))
            ]
        );
        assert_eq!(
            status.conditions[3].message.as_deref(),
            Some("Revision \"web-00009\" referenced in traffic not found.")
        );
    }

    #[test]
    fn a_configuration_without_a_ready_revision_is_waited_for_until_it_failed() {
        let config = Config::default();
        let route =
            route(serde_json::json!([{"configurationName": "web", "latestRevision": true, "percent": 100}]));
        let waiting = World(vec![configuration(None, unknown("Ready", "", ""))], vec![]);
        let why = assign(&route, &waiting, &config).unwrap_err();
        assert_eq!(
            why.message.as_deref(),
            Some("Configuration \"web\" is waiting for a Revision to become ready.")
        );
        let failed = World(vec![configuration(None, fails("Ready", "RevisionFailed", ""))], vec![]);
        let why = assign(&route, &failed, &config).unwrap_err();
        assert!(why.is_false());
        assert_eq!(why.message.as_deref(), Some("Configuration \"web\" does not have any ready Revision."));
    }
}
