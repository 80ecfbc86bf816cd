//! Objects as a real Knative wrote them survive reading and writing, and unknown fields do no harm.

#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

use knative::{
    eventing::{Broker, RabbitmqBrokerConfig, Trigger},
    rabbitmq::{Binding, Exchange, Policy, Queue},
    serving::{Configuration, Revision, Route, Service},
};
use kube::Resource;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn round_trip<K: DeserializeOwned + Serialize>(value: &Value) -> Value {
    let typed: K = serde_json::from_value(value.clone()).unwrap();
    serde_json::to_value(typed).unwrap()
}

#[test]
fn a_service_keeps_pod_fields_beside_those_of_knative() {
    let service = json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Service",
        "metadata": {"name": "hello", "namespace": "acme", "generation": 1},
        "spec": {
            "template": {
                "metadata": {"annotations": {"autoscaling.knative.dev/window": "10s"}},
                "spec": {
                    "containerConcurrency": 0, "timeoutSeconds": 300, "enableServiceLinks": false,
                    "containers": [{
                        "image": "dev.local/kn/helloworld:1", "name": "user-container",
                        "readinessProbe": {"successThreshold": 1, "tcpSocket": {"port": 0}},
                        "resources": {"requests": {"cpu": "5m"}}
                    }]
                }
            },
            "traffic": [{"latestRevision": true, "percent": 100}]
        },
        "status": {
            "observedGeneration": 1,
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-02T03:04:05Z"}],
            "url": "http://hello.acme.fn.localhost"
        }
    });
    assert_eq!(round_trip::<Service>(&service), service);
    let typed: Service = serde_json::from_value(service).unwrap();
    assert!(typed.is_ready());
    assert_eq!(typed.spec.template.spec.pod.containers[0].name, "user-container");
}

#[test]
fn unknown_fields_are_skipped_and_absent_ones_are_none() {
    let route: Route = serde_json::from_value(json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Route", "metadata": {"name": "r"},
        "spec": {"traffic": [{"latestRevision": true, "newField": 1}], "other": {}},
        "status": {"later": true}
    }))
    .unwrap();
    assert_eq!(route.spec.traffic[0].percent, None);
    assert!(route.status.unwrap().conditions.is_empty());
}

#[test]
fn a_status_of_an_older_generation_is_not_ready() {
    let service: Service = serde_json::from_value(json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "r", "generation": 2},
        "spec": {"template": {"spec": {"containers": []}}},
        "status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True"}]}
    }))
    .unwrap();
    assert!(!service.is_ready());
}

#[test]
fn kinds_are_served_under_their_real_paths() {
    fn path<K: Resource<DynamicType = (), Scope = k8s_openapi::NamespaceResourceScope>>() -> String {
        K::url_path(&(), Some("n"))
    }
    assert_eq!(path::<Service>(), "/apis/serving.knative.dev/v1/namespaces/n/services");
    assert_eq!(path::<Configuration>(), "/apis/serving.knative.dev/v1/namespaces/n/configurations");
    assert_eq!(path::<Revision>(), "/apis/serving.knative.dev/v1/namespaces/n/revisions");
    assert_eq!(path::<Route>(), "/apis/serving.knative.dev/v1/namespaces/n/routes");
    assert_eq!(path::<Broker>(), "/apis/eventing.knative.dev/v1/namespaces/n/brokers");
    assert_eq!(path::<Trigger>(), "/apis/eventing.knative.dev/v1/namespaces/n/triggers");
    assert_eq!(
        path::<RabbitmqBrokerConfig>(),
        "/apis/eventing.knative.dev/v1alpha1/namespaces/n/rabbitmqbrokerconfigs"
    );
    assert_eq!(path::<Exchange>(), "/apis/rabbitmq.com/v1beta1/namespaces/n/exchanges");
    assert_eq!(path::<Queue>(), "/apis/rabbitmq.com/v1beta1/namespaces/n/queues");
    assert_eq!(path::<Binding>(), "/apis/rabbitmq.com/v1beta1/namespaces/n/bindings");
    assert_eq!(path::<Policy>(), "/apis/rabbitmq.com/v1beta1/namespaces/n/policies");
}

#[test]
fn a_trigger_with_delivery_survives() {
    let trigger = json!({
        "apiVersion": "eventing.knative.dev/v1", "kind": "Trigger",
        "metadata": {"name": "t", "namespace": "acme"},
        "spec": {
            "broker": "lambda-broker",
            "delivery": {"retry": 5, "backoffPolicy": "exponential", "backoffDelay": "PT1S"},
            "filter": {"attributes": {"type": "a"}},
            "subscriber": {"ref": {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "f"}}
        }
    });
    assert_eq!(round_trip::<Trigger>(&trigger), trigger);
}
