//! Revision → Pod, and what a Pod tells about its Revision. Pure.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
};

use k8s_openapi::{
    api::core::v1::{Container, ContainerPort, EnvVar, Pod, Probe, TCPSocketAction},
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};
use knative::serving::{Revision, annotation};
use kube::ResourceExt;
use serde_json::Value;

use super::service::owner;

/// Annotation in which the node says at which port of 127.0.0.1 the Pod's process listens.
pub(super) const PORT_ANNOTATION: &str = "cluster.local/port";
/// Name of the container that takes the requests, where the Revision gives none.
pub(super) const USER_CONTAINER: &str = "user-container";
/// Port that a container listens on where it names none.
const DEFAULT_PORT: i32 = 8080;
/// A process that was told to stop gets at most this long, in seconds (platform.md section 5).
const DRAIN_LIMIT: i64 = 30;

/// The Pod that runs a Revision, under a name of its own.
pub(super) fn pod(revision: &Revision, name: &str) -> Pod {
    let own = revision.labels();
    let mut labels: BTreeMap<String, String> = own
        .iter()
        .filter(|(key, _)| *key != annotation::ROUTING_STATE)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    labels.insert("app".into(), revision.name_any());
    labels.insert(annotation::REVISION.into(), revision.name_any());
    labels.insert(annotation::REVISION_UID.into(), revision.uid().unwrap_or_default());

    let mut annotations: BTreeMap<String, String> = revision
        .annotations()
        .iter()
        .filter(|(key, _)| is_for_pods(key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();

    let mut spec = revision.spec.pod.clone();
    let serving = serving_container(&spec.containers);
    if let Some(container) = spec.containers.get_mut(serving) {
        complete(container, revision);
        annotations.insert("kubectl.kubernetes.io/default-container".into(), container.name.clone());
    }
    spec.restart_policy = Some("Always".into());
    let timeout = revision.spec.timeout_seconds.filter(|s| *s > 0).unwrap_or(DRAIN_LIMIT);
    spec.termination_grace_period_seconds = Some(timeout.min(DRAIN_LIMIT));
    Pod {
        metadata: ObjectMeta {
            name: Some(name.into()),
            namespace: revision.metadata.namespace.clone(),
            labels: Some(labels),
            annotations: Some(annotations),
            owner_references: Some(vec![owner("Revision", &revision.metadata)]),
            ..ObjectMeta::default()
        },
        spec: Some(spec),
        status: None,
    }
}

fn is_for_pods(key: &str) -> bool {
    const OWN: [&str; 3] =
        [annotation::ROUTES, annotation::ROUTING_STATE_MODIFIED, annotation::LAST_MODIFIER];
    !key.starts_with("autoscaling.knative.dev/") && !OWN.contains(&key)
}

/// The container that takes requests: the one with a port, else the first.
fn serving_container(containers: &[Container]) -> usize {
    containers.iter().position(|c| c.ports.as_ref().is_some_and(|p| !p.is_empty())).unwrap_or(0)
}

/// Adds what Knative adds to the serving container: port, variables, and a real port in the probe (0
/// stands for the container's own).
fn complete(container: &mut Container, revision: &Revision) {
    if container.name.is_empty() {
        container.name = USER_CONTAINER.into();
    }
    let declared = container.ports.as_ref().and_then(|p| p.first()).map(|p| p.container_port);
    let port = declared.filter(|p| *p != 0).unwrap_or(DEFAULT_PORT);
    container.ports = Some(vec![ContainerPort {
        name: Some("user-port".into()),
        container_port: port,
        protocol: Some("TCP".into()),
        ..ContainerPort::default()
    }]);
    container.termination_message_policy.get_or_insert("FallbackToLogsOnError".into());
    let probe = container.readiness_probe.get_or_insert_with(Probe::default);
    aim(probe, port);
    for probe in [&mut container.liveness_probe, &mut container.startup_probe].into_iter().flatten() {
        aim(probe, port);
    }
    let label = |key: &str| revision.labels().get(key).cloned().unwrap_or_default();
    let variables = [
        ("PORT", port.to_string()),
        ("K_REVISION", revision.name_any()),
        ("K_CONFIGURATION", label(annotation::CONFIGURATION)),
        ("K_SERVICE", label(annotation::SERVICE)),
    ];
    let env = container.env.get_or_insert_default();
    env.retain(|own| !variables.iter().any(|(name, _)| own.name == *name));
    env.extend(variables.map(|(name, value)| EnvVar {
        name: name.into(),
        value: Some(value),
        ..EnvVar::default()
    }));
}

fn aim(probe: &mut Probe, port: i32) {
    let own = IntOrString::Int(0);
    if let Some(get) = probe.http_get.as_mut().filter(|g| g.port == own) {
        get.port = IntOrString::Int(port);
    }
    if let Some(tcp) = probe.tcp_socket.as_mut().filter(|t| t.port == own) {
        tcp.port = IntOrString::Int(port);
    }
    if probe.http_get.is_none() && probe.tcp_socket.is_none() && probe.exec.is_none() && probe.grpc.is_none()
    {
        probe.tcp_socket = Some(TCPSocketAction { host: None, port: IntOrString::Int(port) });
    }
    // Knative's webhook leaves 0 or nothing here, which means "as often as is sensible"; Kubernetes reads
    // nothing as 10 s, far too slow for a cold start.
    probe.period_seconds = Some(probe.period_seconds.filter(|p| *p > 0).unwrap_or(1));
}

/// Why a Pod does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The container ended; the message is the end of its output.
    Exited { code: i32, message: String },
    /// The container cannot be started, for example `ErrImagePull`, `CreateContainerConfigError`.
    Waiting { reason: String, message: String },
    /// The Pod found no place.
    Unschedulable { reason: String, message: String },
}

impl Trouble {
    /// Whether trying again cannot help until somebody changes the image.
    pub(super) fn is_missing_image(&self) -> bool {
        matches!(self, Self::Waiting { reason, .. }
            if ["ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"].contains(&reason.as_str()))
    }
}

/// What the serving side needs to know of a Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PodFacts {
    /// Uid of its Revision.
    pub(super) revision: String,
    pub(super) ready: bool,
    /// Where its process listens, once it runs.
    pub(super) address: Option<SocketAddr>,
    pub(super) deleting: bool,
    /// All its containers ended for good.
    pub(super) finished: bool,
    /// Why it does not run, or did not run the last time.
    pub(super) trouble: Option<Trouble>,
    /// Whether it is not about to run: waits for a person, or for its next try after several that failed.
    pub(super) stuck: bool,
}

impl PodFacts {
    /// From the Pod as it is stored.
    pub(super) fn of(pod: &Value) -> Self {
        let status = &pod["status"];
        let conditions = status["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let has =
            |type_: &str, value: &str| conditions.iter().find(|c| c["type"] == type_ && c["status"] == value);
        let port = pod["metadata"]["annotations"][PORT_ANNOTATION].as_str().and_then(|p| p.parse().ok());
        let containers = status["containerStatuses"].as_array().map(Vec::as_slice).unwrap_or_default();
        let trouble = match has("PodScheduled", "False") {
            Some(c) => {
                Some(Trouble::Unschedulable { reason: text(&c["reason"]), message: text(&c["message"]) })
            }
            None => containers.iter().find_map(trouble),
        };
        let waits = |c: &Value| hindrance(c).is_some();
        Self {
            revision: text(&pod["metadata"]["labels"][annotation::REVISION_UID]),
            ready: has("Ready", "True").is_some(),
            address: port.map(|port: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
            deleting: pod["metadata"]["deletionTimestamp"].is_string(),
            finished: status["phase"] == "Failed" || status["phase"] == "Succeeded",
            stuck: has("PodScheduled", "False").is_some() || containers.iter().any(waits),
            trouble,
        }
    }

    /// Where it may be sent requests.
    pub(super) fn serves(&self) -> Option<SocketAddr> {
        self.address.filter(|_| self.ready && !self.deleting && !self.finished)
    }

    /// Whether it counts as a Pod of its Revision.
    pub(super) fn counts(&self) -> bool {
        !self.deleting && !self.finished
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Why a container waits, if it does not merely take its turn.
fn hindrance(status: &Value) -> Option<&str> {
    let reason = status["state"]["waiting"]["reason"].as_str()?;
    (!["", "ContainerCreating", "PodInitializing"].contains(&reason)).then_some(reason)
}

fn trouble(status: &Value) -> Option<Trouble> {
    let ended = |state: &Value| {
        // A run that the end of the platform took along says nothing about the container.
        let ended = state["terminated"].as_object().filter(|_| state["terminated"]["reason"] != "Unknown")?;
        let code = ended.get("exitCode").and_then(Value::as_i64).and_then(|c| i32::try_from(c).ok());
        let message = ended.get("message").map(text).unwrap_or_default();
        Some(Trouble::Exited { code: code.unwrap_or(-1), message })
    };
    let waiting = || {
        let reason = hindrance(status).filter(|reason| *reason != "CrashLoopBackOff")?.to_owned();
        Some(Trouble::Waiting { reason, message: text(&status["state"]["waiting"]["message"]) })
    };
    ended(&status["state"]).or_else(|| ended(&status["lastState"])).or_else(waiting)
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited { code, message } if message.trim().is_empty() => {
                write!(f, "it ended with exit code {code}")
            }
            Self::Exited { code, message } => write!(f, "it ended with exit code {code}: {}", message.trim()),
            Self::Waiting { reason, message } | Self::Unschedulable { reason, message } => {
                write!(f, "{reason}: {message}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn revision() -> Revision {
        serde_json::from_value(json!({
            "apiVersion": "serving.knative.dev/v1", "kind": "Revision",
            "metadata": {
                "name": "web-00001", "namespace": "acme", "uid": "r",
                "labels": {
                    "serving.knative.dev/service": "web", "serving.knative.dev/configuration": "web",
                    "serving.knative.dev/routingState": "active"
                },
                "annotations": {
                    "autoscaling.knative.dev/window": "10s", "serving.knative.dev/creator": "me",
                    "serving.knative.dev/routes": "web"
                }
            },
            "spec": {
                "timeoutSeconds": 300,
                "containers": [{
                    "image": "i", "name": "user-container", "env": [{"name": "A", "value": "b"}],
                    "readinessProbe": {"successThreshold": 1, "tcpSocket": {"port": 0}}
                }]
            }
        }))
        .unwrap()
    }

    #[test]
    fn a_pod_has_port_variables_probe_labels_and_owner() {
        let pod = pod(&revision(), "web-00001-deployment-abc");
        let container = &pod.spec.as_ref().unwrap().containers[0];
        let env: Vec<_> = container.env.as_ref().unwrap().iter().map(|e| e.name.as_str()).collect();
        assert_eq!(env, ["A", "PORT", "K_REVISION", "K_CONFIGURATION", "K_SERVICE"]);
        assert_eq!(container.ports.as_ref().unwrap()[0].container_port, 8080);
        let probe = container.readiness_probe.as_ref().unwrap();
        assert_eq!(probe.tcp_socket.as_ref().unwrap().port, IntOrString::Int(8080));
        assert_eq!(pod.labels()[annotation::REVISION], "web-00001");
        assert!(!pod.labels().contains_key(annotation::ROUTING_STATE));
        assert!(!pod.annotations().contains_key(annotation::WINDOW));
        assert_eq!(pod.owner_references()[0].kind, "Revision");
        assert_eq!(pod.spec.unwrap().termination_grace_period_seconds, Some(30));
    }

    fn observed(status: serde_json::Value) -> PodFacts {
        PodFacts::of(&json!({
            "metadata": {"name": "p", "annotations": {PORT_ANNOTATION: "4711"}}, "status": status
        }))
    }

    #[test]
    fn a_ready_pod_serves_at_its_announced_port() {
        let facts =
            observed(json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}));
        assert_eq!(facts.serves(), Some("127.0.0.1:4711".parse().unwrap()));
    }

    #[test]
    fn an_ended_container_tells_code_and_message_also_while_it_backs_off() {
        let facts = observed(json!({"phase": "Running", "containerStatuses": [{
            "name": "user-container", "ready": false, "restartCount": 1, "image": "", "imageID": "",
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            "lastState": {"terminated": {"exitCode": 3, "message": "dying\n"}}
        }]}));
        assert_eq!(facts.trouble, Some(Trouble::Exited { code: 3, message: "dying\n".into() }));
        assert!(facts.stuck);
        assert_eq!(facts.serves(), None);
    }

    #[test]
    fn a_run_lost_with_the_platform_is_no_trouble() {
        let facts = observed(json!({"phase": "Running", "containerStatuses": [{
            "name": "c", "state": {"terminated": {"exitCode": 255, "reason": "Unknown"}}
        }]}));
        assert_eq!((facts.trouble, facts.stuck), (None, false));
    }

    #[test]
    fn a_missing_secret_is_a_waiting_reason_and_creating_is_none() {
        let waiting = |reason: &str| {
            observed(json!({"phase": "Pending", "containerStatuses": [{
                "name": "c", "ready": false, "restartCount": 0, "image": "", "imageID": "",
                "state": {"waiting": {"reason": reason, "message": "secret \"nothing\" not found"}}
            }]}))
            .trouble
        };
        assert!(matches!(waiting("CreateContainerConfigError"), Some(Trouble::Waiting { .. })));
        assert!(waiting("ErrImagePull").unwrap().is_missing_image());
        assert_eq!(waiting("ContainerCreating"), None);
    }
}
