//! The operator against a real API server: what needs writes, watches and races.

use std::{sync::Arc, time::Duration};

use bus::Bus;
use cluster::{Cluster, Config};
use domain::{
    function::{LABEL_BUILD, LABEL_FUNCTION, LambdaFunction},
    tenant::Tenant,
};
use k8s_openapi::{
    api::batch::v1::Job, apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};
use knative::serving::Service;
use kube::{
    Api, CustomResourceExt, Resource, ResourceExt,
    api::{DeleteParams, ListParams, Patch, PatchParams, PostParams},
    runtime::wait::{await_condition, conditions},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

const PATIENCE: Duration = Duration::from_mins(1);

/// A cluster whose Jobs never run, and a bus.
struct Platform {
    cluster: Cluster,
    bus: Arc<dyn Bus>,
    _folder: TempDir,
}

struct Operator {
    stop: CancellationToken,
    task: JoinHandle<operator::Result<()>>,
}

impl Operator {
    async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

impl Platform {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cluster = Cluster::start(Config::new(folder.path(), "token")).await.unwrap();
        let definitions: Api<CustomResourceDefinition> = Api::all(cluster.client());
        for definition in [LambdaFunction::crd(), Tenant::crd()] {
            let made = definitions.create(&PostParams::default(), &definition).await.unwrap();
            let established = conditions::is_crd_established();
            await_condition(definitions.clone(), &made.name_any(), established).await.unwrap();
        }
        let bus = bus::open("embedded", folder.path()).await.unwrap();
        Self { cluster, bus, _folder: folder }
    }

    fn operator(&self, concurrent_builds: usize) -> Operator {
        let settings = operator::Settings {
            builder_image: "own".to_owned(),
            builder_args: vec!["builder".to_owned()],
            builder_env: Vec::new(),
            concurrent_builds,
            build_ttl_seconds: 60,
        };
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let running = operator::run(self.cluster.client(), self.bus.clone(), settings, stopped);
        Operator { stop, task: TaskTracker::new().spawn(running) }
    }

    fn all<K>(&self) -> Api<K>
    where
        K: Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::default_namespaced(self.cluster.client())
    }

    async fn create<K>(&self, object: Value) -> K
    where
        K: Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>
            + Clone
            + std::fmt::Debug
            + serde::Serialize
            + DeserializeOwned,
    {
        self.all::<K>()
            .create(&PostParams::default(), &serde_json::from_value(object).unwrap())
            .await
            .unwrap()
    }

    async fn when<K>(&self, name: &str, what: &str, is: impl Fn(Option<&K>) -> bool)
    where
        K: Resource<Scope = kube::core::NamespaceResourceScope, DynamicType = ()>
            + Clone
            + std::fmt::Debug
            + Send
            + DeserializeOwned
            + 'static,
    {
        let met = tokio::time::timeout(PATIENCE, await_condition(self.all::<K>(), name, is)).await;
        met.unwrap_or_else(|_| panic!("{what}: not so after {PATIENCE:?}")).unwrap();
    }
}

fn function(name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "lambda.knative.io/v1alpha1", "kind": "LambdaFunction",
        "metadata": {"name": name}, "spec": spec,
    })
}

fn inline() -> Value {
    json!({
        "source": {"type": "inline", "inline": {"code": "def handler(event): pass"}},
        "runtime": {"language": "python"},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_out_of_a_spec_is_taken_out_of_the_service_too() {
    let platform = Platform::start().await;
    let operator = platform.operator(1);
    let image = |more: Value| {
        let mut image = json!({"repository": "default/given", "tag": "1"});
        image.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"type": "image", "image": image})
    };
    let full = json!({
        "source": image(json!({"args": ["serve"], "imagePullSecrets": [{"name": "pull"}]})),
        "env": [{"name": "A", "value": "1"}],
        "traffic": [{"latestRevision": true, "percent": 100, "tag": "beta"}],
    });
    platform.create::<LambdaFunction>(function("given", &full)).await;
    let tag = |service: &Service| service.spec.traffic.first().and_then(|target| target.tag.clone());
    platform
        .when("given", "the Service has the tag", |service: Option<&Service>| {
            service.and_then(tag).as_deref() == Some("beta")
        })
        .await;
    let bare = json!({"spec": {
        "source": {"image": {"args": null, "imagePullSecrets": null}},
        "env": [{"name": "A"}],
        "traffic": [{"latestRevision": true, "percent": 100}],
    }});
    let functions = platform.all::<LambdaFunction>();
    functions.patch("given", &PatchParams::default(), &Patch::Merge(bare)).await.unwrap();
    platform
        .when("given", "the Service has neither tag, arguments, value nor pull secret", |service| {
            let Some(service): Option<&Service> = service else { return false };
            let pod = &service.spec.template.spec.pod;
            let container = pod.containers.first().unwrap();
            let a = container.env.iter().flatten().find(|var| var.name == "A").unwrap();
            tag(service).is_none()
                && container.args.is_none()
                && a.value.as_deref().unwrap_or_default().is_empty()
                && pod.image_pull_secrets.as_ref().is_none_or(Vec::is_empty)
        })
        .await;
    operator.stop().await;
    platform.cluster.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_that_arrive_at_once_do_not_build_more_at_a_time_than_the_tenant_may() {
    let platform = Platform::start().await;
    let names: Vec<String> = (0..8).map(|number| format!("f{number}")).collect();
    for name in &names {
        platform.create::<LambdaFunction>(function(name, &inline())).await;
    }
    let operator = platform.operator(2);
    for name in &names {
        platform
            .when(name, "the function was seen", |function: Option<&LambdaFunction>| {
                function.is_some_and(|function| {
                    function.status.as_ref().is_some_and(|status| status.observed_generation == 1)
                })
            })
            .await;
    }
    let builds = platform.all::<Job>().list(&ListParams::default().labels(LABEL_BUILD)).await.unwrap();
    assert_eq!(builds.items.len(), 2);
    operator.stop().await;
    platform.cluster.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_another_source_with_the_builds_name_is_not_taken_for_the_build() {
    let platform = Platform::start().await;
    let made: LambdaFunction = platform.create(function("hello", &inline())).await;
    let hash = hex::encode(Sha256::digest(made.uid().unwrap()));
    let name = format!("hello-{}-b1", &hash[..8]);
    let container = json!({"name": "build", "image": "own", "args": ["builder"]});
    let left: Job = platform
        .create(json!({
            "apiVersion": "batch/v1", "kind": "Job",
            "metadata": {
                "name": name, "labels": {LABEL_BUILD: name, LABEL_FUNCTION: "hello"},
                "annotations": {"lambda.knative.io/source-hash": "of an older source"},
            },
            "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}},
        }))
        .await;
    let operator = platform.operator(1);
    platform
        .when(&name, "the build has a Job of its own", |job: Option<&Job>| {
            job.is_some_and(|job| job.uid() != left.uid())
        })
        .await;
    operator.stop().await;
    platform.cluster.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_the_cluster_refuses_is_told_on_the_function() {
    let platform = Platform::start().await;
    let operator = platform.operator(1);
    let spec = json!({
        "source": {"type": "image", "image": {"repository": "default/given", "tag": "1"}},
        "env": [{"name": "K_SERVICE", "value": "mine"}],
    });
    platform.create::<LambdaFunction>(function("given", &spec)).await;
    platform
        .when("given", "the refusal is told", |function: Option<&LambdaFunction>| {
            let status = function.and_then(|function| function.status.as_ref());
            let deploy = status.and_then(|status| status.condition("DeployReady"));
            deploy.is_some_and(|deploy| deploy.reason == "Refused" && deploy.message.contains("K_SERVICE"))
        })
        .await;
    operator.stop().await;
    platform.cluster.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_whose_name_is_no_function_name_can_be_deleted() {
    let platform = Platform::start().await;
    let operator = platform.operator(1);
    let functions = platform.all::<LambdaFunction>();
    let long = "a".repeat(70);
    for name in ["my.fn", "1abc", long.as_str()] {
        platform.create::<LambdaFunction>(function(name, &inline())).await;
        platform
            .when(name, "the spec was refused", |function: Option<&LambdaFunction>| {
                function.is_some_and(|function| function.status.is_some())
            })
            .await;
        functions.delete(name, &DeleteParams::default()).await.unwrap();
        platform.when(name, "it is gone", |function: Option<&LambdaFunction>| function.is_none()).await;
    }
    operator.stop().await;
    platform.cluster.shutdown().await;
}
