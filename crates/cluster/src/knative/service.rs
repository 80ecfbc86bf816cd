//! Service → Configuration and Route, and the status that sums them up. Pure.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use knative::{
    Condition, condition,
    serving::{
        Configuration, ConfigurationSpec, Route, RouteSpec, Service, ServiceStatus, TrafficTarget, annotation,
    },
};
use kube::ResourceExt;

use super::condition::{ready, stamp, unknown};

const CONFIGURATION_OUT_OF_DATE: &str =
    "The Configuration is still working to reflect the latest desired specification.";
const ROUTE_OUT_OF_DATE: &str = "The Route is still working to reflect the latest desired specification.";
const NOT_MIGRATED: &str = "Traffic is not yet migrated to the latest revision.";

/// The Configuration that a Service shall have.
pub(super) fn configuration(service: &Service) -> Configuration {
    let mut metadata = child(service);
    let labels = metadata.labels.get_or_insert_default();
    labels.insert(annotation::SERVICE_UID.into(), service.uid().unwrap_or_default());
    metadata.annotations.get_or_insert_default().insert(annotation::ROUTES.into(), service.name_any());
    Configuration {
        metadata,
        spec: ConfigurationSpec { template: service.spec.template.clone() },
        status: None,
    }
}

/// The Route that a Service shall have: its traffic, with the Configuration named where the latest
/// Revision is meant.
pub(super) fn route(service: &Service) -> Route {
    let name = service.name_any();
    let mut traffic = service.spec.traffic.clone();
    if traffic.is_empty() {
        traffic.push(TrafficTarget { latest_revision: Some(true), percent: Some(100), ..Default::default() });
    }
    for target in &mut traffic {
        if target.revision_name.is_none() {
            target.configuration_name = Some(name.clone());
        }
    }
    Route { metadata: child(service), spec: RouteSpec { traffic }, status: None }
}

fn child(service: &Service) -> ObjectMeta {
    let mut labels = service.labels().clone();
    labels.insert(annotation::SERVICE.into(), service.name_any());
    let annotations: BTreeMap<_, _> = service
        .annotations()
        .iter()
        .filter(|(key, _)| *key != "kubectl.kubernetes.io/last-applied-configuration")
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    ObjectMeta {
        name: service.metadata.name.clone(),
        namespace: service.metadata.namespace.clone(),
        labels: Some(labels),
        annotations: Some(annotations),
        owner_references: Some(vec![owner("Service", &service.metadata)]),
        ..ObjectMeta::default()
    }
}

/// The controlling owner reference that Knative gives to what it makes.
pub(super) fn owner(kind: &str, metadata: &ObjectMeta) -> OwnerReference {
    OwnerReference {
        api_version: "serving.knative.dev/v1".into(),
        kind: kind.into(),
        name: metadata.name.clone().unwrap_or_default(),
        uid: metadata.uid.clone().unwrap_or_default(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

/// What a Service says about itself, from what its two children say.
pub(super) fn status(
    service: &Service,
    configuration: Option<&Configuration>,
    route: Option<&Route>,
    now: &Time,
) -> ServiceStatus {
    let old = service.status.clone().unwrap_or_default();
    let mut status = old.clone();
    status.observed_generation = service.metadata.generation;

    let configurations = configuration_condition(configuration, &mut status);
    let routes = route_condition(route, &mut status);
    let summary = ready(&[&routes, &configurations], &[&routes, &configurations]);
    status.conditions = stamp(vec![configurations, routes, summary], &old.conditions, now);
    status
}

fn configuration_condition(configuration: Option<&Configuration>, into: &mut ServiceStatus) -> Condition {
    let current = configuration
        .filter(|c| c.status.as_ref().is_some_and(|s| s.observed_generation == c.metadata.generation));
    let Some(status) = current.and_then(|c| c.status.as_ref()) else {
        return unknown("ConfigurationsReady", "OutOfDate", CONFIGURATION_OUT_OF_DATE);
    };
    into.latest_created_revision_name.clone_from(&status.latest_created_revision_name);
    into.latest_ready_revision_name.clone_from(&status.latest_ready_revision_name);
    renamed("ConfigurationsReady", &status.conditions)
}

fn route_condition(route: Option<&Route>, into: &mut ServiceStatus) -> Condition {
    let current =
        route.filter(|r| r.status.as_ref().is_some_and(|s| s.observed_generation == r.metadata.generation));
    let Some(status) = current.and_then(|r| r.status.as_ref()) else {
        return unknown("RoutesReady", "OutOfDate", ROUTE_OUT_OF_DATE);
    };
    into.address.clone_from(&status.address);
    into.traffic.clone_from(&status.traffic);
    into.url.clone_from(&status.url);
    let condition = renamed("RoutesReady", &status.conditions);
    let behind = status
        .traffic
        .iter()
        .any(|t| t.latest_revision == Some(true) && t.revision_name != into.latest_ready_revision_name);
    if condition.is_true() && behind {
        return unknown("RoutesReady", "TrafficNotMigrated", NOT_MIGRATED);
    }
    condition
}

/// The `Ready` of a child under the name it has in the parent.
fn renamed(type_: &str, conditions: &[Condition]) -> Condition {
    match condition::find(conditions, "Ready") {
        Some(c) => Condition { type_: type_.into(), last_transition_time: None, ..c.clone() },
        None => unknown(type_, "", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::super::condition::{fails, holds};
    use super::*;
    use knative::serving::{ConfigurationStatus, RouteStatus};

    fn now() -> Time {
        Time(k8s_openapi::jiff::Timestamp::UNIX_EPOCH)
    }

    fn service() -> Service {
        let mut service = Service::new("web", Default::default());
        service.metadata.generation = Some(2);
        service.metadata.uid = Some("u".into());
        service.metadata.annotations = Some([("serving.knative.dev/creator".into(), "me".into())].into());
        service
    }

    fn with_status(condition: Condition, latest: &str) -> (Configuration, Route) {
        let mut configuration = configuration(&service());
        configuration.metadata.generation = Some(1);
        configuration.status = Some(ConfigurationStatus {
            observed_generation: Some(1),
            conditions: vec![condition],
            latest_created_revision_name: Some(latest.into()),
            latest_ready_revision_name: Some(latest.into()),
            ..Default::default()
        });
        let mut route = route(&service());
        route.metadata.generation = Some(1);
        route.status = Some(RouteStatus {
            observed_generation: Some(1),
            conditions: vec![holds("Ready")],
            traffic: vec![TrafficTarget {
                latest_revision: Some(true),
                percent: Some(100),
                revision_name: Some("web-00001".into()),
                ..Default::default()
            }],
            ..Default::default()
        });
        (configuration, route)
    }

    fn texts(status: &ServiceStatus) -> Vec<(&str, &str, &str)> {
        let of = |c: &Option<String>| c.as_deref().map_or("", |s| s).to_owned().leak() as &str;
        status.conditions.iter().map(|c| (c.type_.as_str(), c.status.as_str(), of(&c.reason))).collect()
    }

    #[test]
    fn children_carry_owner_labels_and_annotations() {
        let configuration = configuration(&service());
        assert_eq!(configuration.labels()[annotation::SERVICE_UID], "u");
        assert_eq!(configuration.annotations()[annotation::ROUTES], "web");
        assert_eq!(configuration.annotations()[annotation::CREATOR], "me");
        assert_eq!(configuration.owner_references()[0].kind, "Service");
        let route = route(&service());
        assert!(!route.labels().contains_key(annotation::SERVICE_UID));
        assert_eq!(route.spec.traffic[0].configuration_name.as_deref(), Some("web"));
        assert_eq!(route.spec.traffic[0].percent, Some(100));
    }

    #[test]
    fn without_children_the_service_is_out_of_date() {
        let status = status(&service(), None, None, &now());
        assert_eq!(
            texts(&status),
            [
                ("ConfigurationsReady", "Unknown", "OutOfDate"),
                ("Ready", "Unknown", "OutOfDate"),
                ("RoutesReady", "Unknown", "OutOfDate")
            ]
        );
        assert_eq!(status.conditions[1].message.as_deref(), Some(ROUTE_OUT_OF_DATE));
    }

    #[test]
    fn traffic_that_lags_behind_the_latest_revision_is_not_ready() {
        let (configuration, route) = with_status(holds("Ready"), "web-00002");
        let status = status(&service(), Some(&configuration), Some(&route), &now());
        assert_eq!(texts(&status)[1], ("Ready", "Unknown", "TrafficNotMigrated"));
    }

    #[test]
    fn a_failed_revision_shows_while_the_route_stays_ready() {
        let (mut configuration, route) = with_status(fails("Ready", "RevisionFailed", "no"), "web-00001");
        configuration.status.as_mut().unwrap().latest_created_revision_name = Some("web-00002".into());
        let status = status(&service(), Some(&configuration), Some(&route), &now());
        assert_eq!(
            texts(&status),
            [
                ("ConfigurationsReady", "False", "RevisionFailed"),
                ("Ready", "False", "RevisionFailed"),
                ("RoutesReady", "True", "")
            ]
        );
        assert_eq!(status.observed_generation, Some(2));
    }
}
