//! A cluster with a node that stands in for the machine's: it runs each Pod as a small HTTP server in
//! this process and reports through the API what a node reports.
//!
//! What the server does follows from the variables of the container: `ANSWER` is its text, `DELAY_MS` how
//! long a request takes, `START_MS` how long the start takes, `EXIT` the code it ends with at once. Of
//! commands it knows the two of the recordings, `sh -c "exit 3"` and one that does not exist.

use std::{convert::Infallible, sync::Arc, time::Duration};

use ::knative::serving::{Revision, Route, Service};
use axum::{Router, body::Body, extract::Request, response::Response};
use cluster::{
    Cluster, Config,
    knative::{self, Call, Observer},
};
use futures::{StreamExt, TryStreamExt};
use http::StatusCode;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams},
    runtime::{WatchStreamExt, wait::await_condition, watcher},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

pub(crate) struct World {
    pub(crate) cluster: Cluster,
    pub(crate) client: Client,
    pub(crate) calls: mpsc::Receiver<Call>,
    _node: AbortOnDropHandle<()>,
    folder: Option<TempDir>,
}

pub(crate) async fn world() -> World {
    over(tempfile::tempdir().unwrap(), knative_config()).await
}

/// With functions under another domain, at port 80.
pub(crate) async fn world_under(domain: &str) -> World {
    let config = knative::Config { domain: domain.into(), gateway_port: None, ..knative_config() };
    over(tempfile::tempdir().unwrap(), config).await
}

fn knative_config() -> knative::Config {
    knative::Config { private_cookies: vec!["kl_session".into()], ..knative::Config::default() }
}

async fn over(folder: TempDir, knative: knative::Config) -> World {
    // Shown by nextest when a test fails.
    let _ = tracing_subscriber::fmt().with_env_filter("cluster=debug").with_test_writer().try_init();
    let mut config = Config::new(folder.path(), "token");
    config.knative = knative;
    let cluster = Cluster::start(config).await.unwrap();
    let client = cluster.client();
    let (sender, calls) = mpsc::channel(1000);
    let observer: Arc<dyn Observer> = Arc::new(sender);
    cluster.activator().observe(observer);
    let node = AbortOnDropHandle::new(TaskTracker::new().spawn(run_node(client.clone())));
    World { cluster, client, calls, _node: node, folder: Some(folder) }
}

impl World {
    /// Stops everything and starts it again over the same folder.
    pub(crate) async fn restart(mut self) -> World {
        self.cluster.shutdown().await;
        let folder = self.folder.take().unwrap();
        drop(self);
        over(folder, knative_config()).await
    }

    pub(crate) fn services(&self) -> Api<Service> {
        Api::namespaced(self.client.clone(), "default")
    }

    pub(crate) fn revisions(&self) -> Api<Revision> {
        Api::namespaced(self.client.clone(), "default")
    }

    pub(crate) fn routes(&self) -> Api<Route> {
        Api::namespaced(self.client.clone(), "default")
    }

    pub(crate) fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.client.clone(), "default")
    }

    pub(crate) async fn create(&self, service: Value) -> Service {
        self.services()
            .create(&PostParams::default(), &serde_json::from_value(service).unwrap())
            .await
            .unwrap()
    }

    pub(crate) async fn patch(&self, name: &str, patch: Value) {
        self.services().patch(name, &PatchParams::default(), &Patch::Merge(patch)).await.unwrap();
    }

    /// Waits until a Service fulfils something.
    pub(crate) async fn service_when(&self, name: &str, what: impl Fn(&Service) -> bool) -> Service {
        let condition = |service: Option<&Service>| service.is_some_and(&what);
        let met = await_condition(self.services(), name, condition);
        match tokio::time::timeout(Duration::from_secs(20), met).await {
            Ok(service) => service.unwrap().unwrap(),
            Err(elapsed) => {
                panic!("never came, {elapsed}: {:#?}", self.services().get(name).await.unwrap().status)
            }
        }
    }

    pub(crate) async fn ready(&self, name: &str) -> Service {
        self.service_when(name, Service::is_ready).await
    }

    pub(crate) async fn revision_when(&self, name: &str, what: impl Fn(&Revision) -> bool) -> Revision {
        let condition = |revision: Option<&Revision>| revision.is_some_and(&what);
        let met = await_condition(self.revisions(), name, condition);
        match tokio::time::timeout(Duration::from_secs(20), met).await {
            Ok(revision) => revision.unwrap().unwrap(),
            Err(elapsed) => {
                panic!("never came, {elapsed}: {:#?}", self.revisions().get(name).await.unwrap().status)
            }
        }
    }

    /// Waits until so many Pods are there.
    pub(crate) async fn pods_when(&self, count: usize) {
        let mut known = std::collections::BTreeSet::new();
        let mut stream = watcher(self.pods(), watcher::Config::default()).default_backoff().boxed();
        let reached = async {
            while let Some(event) = stream.try_next().await.unwrap() {
                match event {
                    watcher::Event::Apply(pod) | watcher::Event::InitApply(pod) => {
                        known.insert(pod.name_any());
                    }
                    watcher::Event::Delete(pod) => {
                        known.remove(&pod.name_any());
                    }
                    watcher::Event::Init => continue,
                    watcher::Event::InitDone => {}
                }
                if known.len() == count {
                    return;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reached).await.expect("the Pods in time");
    }

    /// A request to a function from inside.
    pub(crate) async fn call(&self, name: &str) -> (StatusCode, String) {
        let response = self.cluster.activator().handle(Request::new(Body::empty()), "default", name).await;
        text(response).await
    }
}

pub(crate) async fn text(response: Response) -> (StatusCode, String) {
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// A Service whose one container has these variables and this template metadata.
pub(crate) fn service(name: &str, annotations: Value, env: &[(&str, &str)]) -> Value {
    let env: Vec<_> = env.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"template": {
            "metadata": {"annotations": annotations},
            "spec": {"containers": [{"image": "dev.local/small:1", "name": "user-container", "env": env}]}
        }}
    })
}

async fn run_node(client: Client) {
    let pods: Api<Pod> = Api::all(client.clone());
    let mut stream = watcher(pods, watcher::Config::default()).default_backoff().boxed();
    let mut running = std::collections::HashMap::new();
    let tasks = TaskTracker::new();
    while let Ok(Some(event)) = stream.try_next().await {
        match event {
            watcher::Event::Apply(pod) | watcher::Event::InitApply(pod) => {
                let uid = pod.uid().unwrap();
                let api: Api<Pod> = Api::namespaced(client.clone(), &pod.namespace().unwrap());
                if pod.metadata.deletion_timestamp.is_some() {
                    running.remove(&uid);
                    let now = DeleteParams::default().grace_period(0);
                    let _ = api.delete(&pod.name_any(), &now).await;
                } else {
                    let start = || AbortOnDropHandle::new(tasks.spawn(run_pod(api, pod)));
                    running.entry(uid).or_insert_with(start);
                }
            }
            watcher::Event::Delete(pod) => {
                running.remove(&pod.uid().unwrap());
            }
            watcher::Event::Init | watcher::Event::InitDone => {}
        }
    }
}

async fn run_pod(api: Api<Pod>, pod: Pod) {
    let name = pod.name_any();
    let main = pod.spec.unwrap().containers[0].clone();
    let env = main.env.clone().unwrap_or_default();
    let get = |key: &str| env.iter().find(|e| e.name == key).and_then(|e| e.value.clone());
    let number = |key: &str| get(key).and_then(|v| v.parse::<u64>().ok());
    let container = |state: Value, last: Value, ready: bool| {
        json!([{"name": "user-container", "image": "i", "imageID": "", "restartCount": 0, "ready": ready,
                "state": state, "lastState": last}])
    };
    if let Some(secret) = env.iter().find_map(|e| e.value_from.as_ref()?.secret_key_ref.as_ref()) {
        let message = format!("secret \"{}\" not found", secret.name);
        let waits = json!({"waiting": {"reason": "CreateContainerConfigError", "message": message}});
        let status = json!({"phase": "Pending", "containerStatuses": container(waits, json!({}), false)});
        report(&api, &name, status).await;
        return std::future::pending().await;
    }
    let ends = match main.command.as_deref().and_then(|command| command.last()).map(String::as_str) {
        Some("exit 3") => Some((3, "")),
        Some("/does-not-exist") => Some((128, "no such file")),
        _ => number("EXIT").map(|code| (code, "dying\n")),
    };
    if let Some((code, message)) = ends {
        let ended = json!({"terminated": {"exitCode": code, "message": message}});
        let waits = json!({"waiting": {"reason": "CrashLoopBackOff"}});
        report(&api, &name, json!({"phase": "Running", "containerStatuses": container(waits, ended, false)}))
            .await;
        return std::future::pending().await;
    }
    tokio::time::sleep(Duration::from_millis(number("START_MS").unwrap_or(0))).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let annotate = json!({"metadata": {"annotations": {"cluster.local/port": port}}});
    if api.patch(&name, &PatchParams::default(), &Patch::Merge(annotate)).await.is_err() {
        // Deleted before it was started.
        return;
    }
    let status = json!({
        "phase": "Running", "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": container(json!({"running": {}}), json!({}), true)
    });
    report(&api, &name, status).await;
    let delay = Duration::from_millis(number("DELAY_MS").unwrap_or(0));
    let answer = get("ANSWER").unwrap_or_default();
    let served =
        Router::new().fallback(move |request: Request| serve(request, answer.clone(), name.clone(), delay));
    axum::serve(listener, served).await.unwrap();
}

/// Echoes the path, the headers and the body for `/echo`; otherwise answers with its text.
async fn serve(
    request: Request,
    answer: String,
    pod: String,
    delay: Duration,
) -> Result<Response, Infallible> {
    tokio::time::sleep(delay).await;
    if !request.uri().path().starts_with("/echo") {
        return Ok(Response::builder().header("x-pod", pod).body(Body::from(answer)).unwrap());
    }
    let mut headers = serde_json::Map::new();
    for (name, value) in request.headers() {
        headers.insert(name.to_string(), json!(value.to_str().unwrap_or_default()));
    }
    let uri = request.uri().to_string();
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
    let echo = json!({"uri": uri, "headers": headers, "body": String::from_utf8_lossy(&body)});
    let response =
        Response::builder().header("set-cookie", "a=1; Domain=localhost").header("set-cookie", "b=2");
    Ok(response.body(Body::from(echo.to_string())).unwrap())
}

async fn report(api: &Api<Pod>, name: &str, status: Value) {
    let patch = Patch::Merge(json!({"status": status}));
    // The Pod may be gone again.
    let _ = api.patch_status(name, &PatchParams::default(), &patch).await;
}
