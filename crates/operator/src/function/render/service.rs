//! The Knative Service: the function's image, environment, scaling and traffic.

use std::collections::BTreeMap;

use domain::{
    function::{self, LABEL_FUNCTION, LABEL_TENANT, LambdaFunction, Resources},
    tenant::FUNCTION_ACCOUNT,
};
use k8s_openapi::{
    api::core::v1::{
        ConfigMapKeySelector, Container, ContainerPort, EnvVar, EnvVarSource, HTTPGetAction,
        LocalObjectReference, PodSpec, Probe, ResourceRequirements, SecretKeySelector,
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};
use knative::serving::{RevisionSpec, RevisionTemplate, Service, ServiceSpec, TrafficTarget, annotation};
use sha2::{Digest, Sha256};

use super::{Observed, Validated, owned};

/// On a Revision: a hash of what its environment reads out of Secrets.
const ANNOTATION_SECRETS: &str = "lambda.knative.io/secret-versions";
/// On the Service, not its Revisions: hash of all that is rendered. Without it nobody could see that something is
/// no more wanted: what is there has everything that is.
const ANNOTATION_RENDERED: &str = "lambda.knative.io/rendered-hash";

pub(super) fn render(
    function: &LambdaFunction,
    valid: &Validated,
    image: &str,
    observed: &Observed,
) -> Service {
    let template = RevisionTemplate {
        metadata: Some(ObjectMeta {
            labels: Some(
                [
                    (LABEL_FUNCTION.to_owned(), valid.name.to_string()),
                    (LABEL_TENANT.to_owned(), valid.tenant.to_string()),
                ]
                .into(),
            ),
            annotations: Some(annotations(function, valid, observed)),
            ..ObjectMeta::default()
        }),
        spec: RevisionSpec {
            container_concurrency: Some(function.spec.scaling.container_concurrency),
            timeout_seconds: Some(function.spec.timeout_seconds),
            pod: pod(function, valid, image),
            ..RevisionSpec::default()
        },
    };
    let mut service = Service::new(valid.name.as_str(), ServiceSpec { template, traffic: traffic(function) });
    service.metadata = owned(function, valid.name.as_str());
    let rendered = serde_json::json!(service).to_string();
    let hash = (ANNOTATION_RENDERED.to_owned(), hex::encode(Sha256::digest(rendered)));
    service.metadata.annotations = Some([hash].into());
    service
}

fn annotations(
    function: &LambdaFunction,
    valid: &Validated,
    observed: &Observed,
) -> BTreeMap<String, String> {
    let scaling = &function.spec.scaling;
    let mut annotations = BTreeMap::from([
        (annotation::MIN_SCALE.to_owned(), scaling.min_replicas.to_string()),
        (annotation::MAX_SCALE.to_owned(), scaling.max_replicas.to_string()),
        (annotation::TARGET.to_owned(), scaling.target_concurrency.to_string()),
        (annotation::SCALE_TO_ZERO_RETENTION.to_owned(), format!("{}s", valid.scale_down_delay.as_secs())),
    ]);
    if !observed.secret_values.is_empty() {
        annotations.insert(ANNOTATION_SECRETS.to_owned(), observed.secret_values.clone());
    }
    annotations
}

fn pod(function: &LambdaFunction, valid: &Validated, image: &str) -> PodSpec {
    let given = valid.origin.image();
    let container = Container {
        name: "user-container".to_owned(),
        image: Some(image.to_owned()),
        command: given.map(|image| image.command.clone()).filter(|command| !command.is_empty()),
        args: given.map(|image| image.args.clone()).filter(|args| !args.is_empty()),
        image_pull_policy: given.and_then(|image| image.pull_policy.clone()),
        ports: Some(vec![ContainerPort {
            container_port: given.map_or(8080, |image| image.port),
            name: Some("http1".to_owned()),
            ..ContainerPort::default()
        }]),
        env: Some(env(function, valid)),
        resources: Some(resources(&function.spec.resources)),
        // Images of others answer on their port; only ours have paths for it.
        readiness_probe: given.is_none().then(|| probe("/readyz")),
        liveness_probe: given.is_none().then(|| liveness(function.spec.timeout_seconds)),
        ..Container::default()
    };
    let pull =
        given.into_iter().flat_map(|image| image.image_pull_secrets.iter().map(|secret| secret.name.clone()));
    let pull: Vec<_> = pull
        .chain(function.spec.build.image_pull_secret.clone())
        .map(|name| LocalObjectReference { name })
        .collect();
    PodSpec {
        containers: vec![container],
        service_account_name: Some(FUNCTION_ACCOUNT.to_owned()),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        image_pull_secrets: (!pull.is_empty()).then_some(pull),
        ..PodSpec::default()
    }
}

fn probe(path: &str) -> Probe {
    let http_get =
        HTTPGetAction { path: Some(path.to_owned()), port: IntOrString::Int(0), ..HTTPGetAction::default() };
    Probe { http_get: Some(http_get), ..Probe::default() }
}

/// Ends an instance that no longer answers at all, such as one whose handler never gives the thread back. A call may
/// take its whole time before that: only what is silent for longer will never answer.
fn liveness(call_timeout_seconds: i64) -> Probe {
    const PERIOD: i32 = 10;
    let periods = i32::try_from(call_timeout_seconds).unwrap_or(i32::MAX - PERIOD) / PERIOD;
    Probe {
        period_seconds: Some(PERIOD),
        timeout_seconds: Some(5),
        failure_threshold: Some(periods + 1),
        ..probe("/healthz")
    }
}

/// The platform's variables first, so that the user's can use but not replace them.
fn env(function: &LambdaFunction, valid: &Validated) -> Vec<EnvVar> {
    let plain =
        |name: &str, value: String| EnvVar { name: name.to_owned(), value: Some(value), value_from: None };
    let ours = [
        plain("KL_TENANT", valid.tenant.to_string()),
        plain("KL_FUNCTION", valid.name.to_string()),
        plain("KL_HANDLER", valid.handler.clone()),
        plain("KL_TIMEOUT", function.spec.timeout_seconds.to_string()),
    ];
    let theirs =
        function.spec.env.iter().filter(|var| !ours.iter().any(|own| own.name == var.name)).map(user_var);
    ours.iter().cloned().chain(theirs).collect()
}

fn user_var(var: &function::EnvVar) -> EnvVar {
    let source = var.value_from.as_ref().map(|from| EnvVarSource {
        secret_key_ref: from.secret_key_ref.as_ref().map(|key| SecretKeySelector {
            name: key.name.clone(),
            key: key.key.clone(),
            optional: key.optional,
        }),
        config_map_key_ref: from.config_map_key_ref.as_ref().map(|key| ConfigMapKeySelector {
            name: key.name.clone(),
            key: key.key.clone(),
            optional: key.optional,
        }),
        ..EnvVarSource::default()
    });
    EnvVar { name: var.name.clone(), value: var.value.clone(), value_from: source }
}

fn resources(resources: &Resources) -> ResourceRequirements {
    let list = |list: &function::ResourceList| {
        let of = |name: &str, value: &Option<String>| Some((name.to_owned(), Quantity(value.clone()?)));
        let list: BTreeMap<_, _> =
            of("cpu", &list.cpu).into_iter().chain(of("memory", &list.memory)).collect();
        (!list.is_empty()).then_some(list)
    };
    ResourceRequirements {
        requests: list(&resources.requests),
        limits: list(&resources.limits),
        ..ResourceRequirements::default()
    }
}

fn traffic(function: &LambdaFunction) -> Vec<TrafficTarget> {
    let latest =
        || TrafficTarget { latest_revision: Some(true), percent: Some(100), ..TrafficTarget::default() };
    if function.spec.traffic.is_empty() {
        return vec![latest()];
    }
    let target = |target: &function::TrafficTarget| TrafficTarget {
        revision_name: target.revision_name.clone(),
        latest_revision: Some(target.revision_name.is_none()),
        percent: Some(target.percent),
        tag: target.tag.clone(),
        ..TrafficTarget::default()
    };
    function.spec.traffic.iter().map(target).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_that_was_silent_for_longer_than_a_call_may_take_stayed_for_ever() {
        for timeout in [1, 15, 300] {
            let probe = liveness(timeout);
            let patience = i64::from(probe.period_seconds.unwrap() * probe.failure_threshold.unwrap());
            assert!((timeout + 1..=timeout + 10).contains(&patience), "{timeout} s: {patience} s");
            assert_eq!(probe.http_get.unwrap().path.as_deref(), Some("/healthz"));
        }
    }
}
