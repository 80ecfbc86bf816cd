//! Functions as real processes: an image in a layout, run in the sandbox by this machine's python.

use std::{path::Path, time::Duration};

use axum::{body::Body, extract::Request};
use cluster::{Cluster, Config, workload};
use http::StatusCode;
use knative::{
    Condition,
    serving::{Revision, Service},
};
use kube::{Api, api::PostParams, runtime::wait::await_condition};
use oci::{Compression, ContainerConfig, ImageConfig, Layout, layer::Entry};
use sandbox::{Launcher, Toolchain};
use serde_json::{Value, json};

use crate::node::text;

const PATIENCE: Duration = Duration::from_mins(1);

const SERVER: &str = r"
import http.server, os
NAME = os.urandom(4).hex()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        if self.path == '/die': os._exit(7)
        body = NAME.encode()
        self.send_response(200)
        self.send_header('content-length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
";

async fn start(folder: &Path) -> Cluster {
    // Shown by nextest when a test fails.
    let _ = tracing_subscriber::fmt().with_env_filter("cluster=debug").with_test_writer().try_init();
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_cluster-node"), ["sandbox-exec"]).await;
    let workload = workload::Config::new(launcher, toolchain().await, folder.join("layout"));
    Cluster::start(Config::new(folder, "token").with_workload(workload)).await.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "tests find the machine's interpreters")]
async fn toolchain() -> Toolchain {
    Toolchain::discover(&std::env::var("PATH").unwrap()).await
}

/// Writes an image with one file, started by python.
fn write_image(folder: &Path, name: &str, program: &str) {
    let layout = Layout::open(folder.join("layout")).unwrap();
    let _writing = layout.using().unwrap();
    let layer = layout.put_layer(vec![Entry::bytes("function/main.py", program)], Compression::Gzip).unwrap();
    let config = ContainerConfig {
        cmd: vec!["python3".into(), "main.py".into()],
        working_dir: "/function".into(),
        ..ContainerConfig::default()
    };
    layout.push(ImageConfig::new(config), &[layer], Some(name)).unwrap();
}

async fn deploy(cluster: &Cluster, image: &str, annotations: Value) -> Service {
    let service = json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "f"},
        "spec": {"template": {
            "metadata": {"annotations": annotations}, "spec": {"containers": [{"image": image}]}
        }}
    });
    let services: Api<Service> = Api::default_namespaced(cluster.client());
    services.create(&PostParams::default(), &serde_json::from_value(service).unwrap()).await.unwrap();
    service_when(cluster, |s| s.is_ready() || s.condition("Ready").is_some_and(Condition::is_false)).await
}

async fn service_when(cluster: &Cluster, what: impl Fn(&Service) -> bool) -> Service {
    let services: Api<Service> = Api::default_namespaced(cluster.client());
    let met = await_condition(services.clone(), "f", |s: Option<&Service>| s.is_some_and(&what));
    match tokio::time::timeout(PATIENCE, met).await {
        Ok(service) => service.unwrap().unwrap(),
        Err(elapsed) => panic!("never came, {elapsed}: {:#?}", services.get("f").await.unwrap().status),
    }
}

async fn call(cluster: &Cluster, path: &str) -> (StatusCode, String) {
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    text(cluster.activator().handle(request, "default", "f").await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_runs_goes_to_zero_wakes_and_survives_its_own_crash() {
    let folder = tempfile::tempdir().unwrap();
    write_image(folder.path(), "default/f:1", SERVER);
    let cluster = start(folder.path()).await;
    let window = json!({"autoscaling.knative.dev/window": "6s"});
    let ready = deploy(&cluster, "default/f:1", window).await;
    assert!(ready.is_ready(), "{:#?}", ready.status);
    let first = call(&cluster, "/").await;
    assert_eq!(first.0, StatusCode::OK);
    assert_eq!(call(&cluster, "/").await, first, "the same process answers again");

    assert_eq!(call(&cluster, "/die").await.0, StatusCode::BAD_GATEWAY);
    let again = call(&cluster, "/").await;
    assert_eq!(again.0, StatusCode::OK, "{}", again.1);
    assert_ne!(again.1, first.1);

    let revisions: Api<Revision> = Api::default_namespaced(cluster.client());
    let at_zero = |revision: Option<&Revision>| {
        let status = revision.and_then(|r| r.status.clone()).unwrap_or_default();
        (status.actual_replicas, status.desired_replicas) == (Some(0), Some(0))
    };
    tokio::time::timeout(PATIENCE, await_condition(revisions, "f-00001", at_zero)).await.unwrap().unwrap();
    let asked = std::time::Instant::now();
    let woken = call(&cluster, "/").await;
    println!("woken after {:?}", asked.elapsed());
    assert_eq!(woken.0, StatusCode::OK, "{}", woken.1);
    cluster.shutdown().await;

    let cluster = start(folder.path()).await;
    let after = call(&cluster, "/").await;
    assert_eq!(after.0, StatusCode::OK, "{}", after.1);
    cluster.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_ends_at_once_fails_with_the_end_of_its_output() {
    let folder = tempfile::tempdir().unwrap();
    write_image(folder.path(), "default/f:1", "import sys\nprint('cannot go on')\nsys.exit(3)\n");
    let cluster = start(folder.path()).await;
    deploy(&cluster, "default/f:1", json!({})).await;
    let failed = |s: &Service| s.condition("ConfigurationsReady").is_some_and(Condition::is_false);
    let failed = service_when(&cluster, failed).await;
    let message = failed.condition("ConfigurationsReady").unwrap().message.clone().unwrap();
    assert_eq!(message, "Revision \"f-00001\" failed with message: Container failed with: cannot go on\n.");
    cluster.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_without_its_image_fails_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = start(folder.path()).await;
    deploy(&cluster, "default/absent:1", json!({})).await;
    let failed = |s: &Service| s.condition("ConfigurationsReady").is_some_and(Condition::is_false);
    let failed = service_when(&cluster, failed).await;
    let message = failed.condition("ConfigurationsReady").unwrap().message.clone().unwrap();
    assert!(message.contains("Unable to fetch image \"default/absent:1\""), "{message}");
    cluster.shutdown().await;
}
