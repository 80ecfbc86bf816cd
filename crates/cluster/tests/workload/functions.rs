//! Containers as the platform uses them: an image with files under `/function`, run by the machine's
//! interpreter, ready when it answers.

use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::{Pod, Secret};
use kube::api::{Api, PostParams};
use oci::ContainerConfig;
use serde_json::json;

use crate::harness::{Node, write_image};

const SERVER: &str = r"
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write((os.environ['GREETING'] + ' from ' + os.getcwd()).encode())
    def log_message(self, *args): pass
http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
";

fn is_ready(pod: Option<&Pod>) -> bool {
    let conditions = pod.and_then(|pod| pod.status.as_ref()?.conditions.as_ref());
    conditions.into_iter().flatten().any(|one| one.type_ == "Ready" && one.status == "True")
}

#[tokio::test]
async fn a_function_image_is_served_on_the_port_of_its_pod_and_ready_soon_after_it_answers() {
    let node = Node::start().await;
    let config = ContainerConfig {
        cmd: vec!["python3".into(), "main.py".into()],
        working_dir: "/function".into(),
        env: vec!["LEVEL=1".into()],
        ..ContainerConfig::default()
    };
    write_image(node.folder.path(), "default/hello:1", config, &[("function/main.py", SERVER)]);
    let secret = json!({"metadata": {"name": "s"}, "data": {"greeting": "aGVsbG8="}});
    let secrets: Api<Secret> = Api::default_namespaced(node.cluster.client());
    secrets.create(&PostParams::default(), &serde_json::from_value(secret).unwrap()).await.unwrap();
    let start = Instant::now();
    node.create_pod(json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
        "spec": {"containers": [{
            "name": "c", "image": "default/hello:1",
            "env": [{"name": "GREETING", "valueFrom": {"secretKeyRef": {"name": "s", "key": "greeting"}}}],
            "ports": [{"containerPort": 8080}],
            "readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "periodSeconds": 1},
        }]},
    }))
    .await;
    let pod = node.pod_when("p", is_ready).await;
    println!("ready after {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(10));
    let port = &pod.metadata.annotations.as_ref().unwrap()["cluster.local/port"];
    let answer = get(port.parse().unwrap()).await;
    assert!(answer.ends_with("hello from /function"), "{answer}");
    assert_eq!(pod.status.unwrap().pod_ip.as_deref(), Some("127.0.0.1"));
}

#[tokio::test]
async fn a_missing_secret_is_told_and_waited_for() {
    let node = Node::start().await;
    let mut pod = crate::harness::shell_pod("p", "echo $A");
    pod["spec"]["containers"][0]["env"] =
        json!([{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]);
    node.create_pod(pod).await;
    let waits = |pod: Option<&Pod>| {
        let state =
            pod.and_then(|pod| pod.status.as_ref()?.container_statuses.as_ref()?.first()?.state.as_ref());
        state.and_then(|state| state.waiting.as_ref()?.message.as_deref()) == Some("secret \"s\" not found")
    };
    node.pod_when("p", waits).await;
    let secret = json!({"metadata": {"name": "s"}, "data": {"k": "eA=="}});
    let secrets: Api<Secret> = Api::default_namespaced(node.cluster.client());
    secrets.create(&PostParams::default(), &serde_json::from_value(secret).unwrap()).await.unwrap();
    node.phase("p", "Succeeded").await;
    assert_eq!(node.log("p").await, "x\n");
}

#[tokio::test]
async fn volumes_are_shared_within_a_pod_and_secrets_are_files() {
    let node = Node::start().await;
    let secret = json!({"metadata": {"name": "s"}, "data": {"k": "eA=="}});
    let secrets: Api<Secret> = Api::default_namespaced(node.cluster.client());
    secrets.create(&PostParams::default(), &serde_json::from_value(secret).unwrap()).await.unwrap();
    let mut pod = crate::harness::shell_pod("p", "cat /shared/file /secret/k; echo x > /secret/k");
    pod["spec"]["volumes"] =
        json!([{"name": "v", "emptyDir": {}}, {"name": "s", "secret": {"secretName": "s"}}]);
    let mounts = json!([{"name": "v", "mountPath": "/shared"}, {"name": "s", "mountPath": "/secret"}]);
    pod["spec"]["containers"][0]["volumeMounts"] = mounts.clone();
    let init = json!({"name": "i", "image": "busybox:1", "command": ["sh", "-c", "echo made > /shared/file"], "volumeMounts": mounts});
    pod["spec"]["initContainers"] = json!([init]);
    node.create_pod(pod).await;
    node.phase("p", "Failed").await;
    let log = node.log("p").await;
    assert!(log.starts_with("made\n") && log.contains("Read-only file system"), "{log}");
}

async fn get(port: u16) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
