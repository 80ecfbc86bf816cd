//! Debian's `kubectl` against the cluster, through the kubeconfig that the cluster writes.

mod serving;

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use serving::Serving;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(30);

struct Kubectl {
    serving: Serving,
}

impl Kubectl {
    async fn start() -> Self {
        let serving = Serving::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        serving.cluster.serve(listener, &serving.folder().join("kubeconfig")).unwrap();
        let kubectl = Self { serving };
        kubectl.input(&["apply", "-f", "-"], &widgets().to_string()).await;
        kubectl
            .run(&["wait", "--for=condition=Established", "crd/widgets.example.com", "--timeout=30s"])
            .await;
        kubectl
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("kubectl");
        command
            .arg("--kubeconfig")
            .arg(self.serving.folder().join("kubeconfig"))
            .arg("--cache-dir")
            .arg(self.serving.folder().join("kubectl-cache"))
            .args(arguments)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Standard output of a command that must succeed.
    async fn run(&self, arguments: &[&str]) -> String {
        let output = timeout(PATIENCE, self.command(arguments).output()).await.unwrap().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "kubectl {arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// As [`Kubectl::run`], with something on standard input.
    async fn input(&self, arguments: &[&str], input: &str) -> String {
        let mut child = self.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
        let output = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
        assert!(output.status.success(), "kubectl {arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

fn widgets() -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com",
            "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "shortNames": ["wd"]},
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": {
                    "type": "object",
                    "description": "A thing that can be large.",
                    "properties": {"spec": {
                        "type": "object",
                        "properties": {"size": {
                            "type": "integer",
                            "description": "How large it is.",
                            "default": 1,
                        }},
                    }},
                }},
                "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
            }],
        },
    })
}

fn widget(name: &str, size: i64) -> String {
    json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": name}, "spec": {"size": size}})
        .to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn kubeconfig_is_for_its_owner_only() {
    let kubectl = Kubectl::start().await;
    let metadata = std::fs::metadata(kubectl.serving.folder().join("kubeconfig")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    assert_eq!(kubectl.run(&["get", "pods", "-o", "name"]).await.trim(), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn apply_creates_changes_and_says_so() {
    let kubectl = Kubectl::start().await;
    let apply = ["apply", "-f", "-"];
    assert_eq!(kubectl.input(&apply, &widget("a", 1)).await, "widget.example.com/a created\n");
    assert_eq!(kubectl.input(&apply, &widget("a", 1)).await, "widget.example.com/a unchanged\n");
    assert_eq!(kubectl.input(&apply, &widget("a", 2)).await, "widget.example.com/a configured\n");
    let size = ["get", "widget", "a", "-o", "jsonpath={.spec.size}"];
    assert_eq!(kubectl.run(&size).await, "2");
    let server_side = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
    assert_eq!(
        kubectl.input(&server_side, &widget("a", 3)).await,
        "widget.example.com/a serverside-applied\n"
    );
    assert_eq!(kubectl.run(&size).await, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn server_side_apply_names_the_owner_of_a_conflict() {
    let kubectl = Kubectl::start().await;
    let apply = |manager: &'static str| ["apply", "--server-side", "--field-manager", manager, "-f", "-"];
    kubectl.input(&apply("one"), &widget("a", 1)).await;
    let mut child = kubectl.command(&apply("two"));
    let mut child = child.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(widget("a", 2).as_bytes()).await.unwrap();
    let output = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && errors.contains("conflict with \"one\": .spec.size"), "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn get_prints_the_columns_of_the_definition() {
    let kubectl = Kubectl::start().await;
    kubectl.input(&["apply", "-f", "-"], &widget("a", 7)).await;
    let table = kubectl.run(&["get", "wd"]).await;
    let words: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(words, [["NAME", "SIZE"], ["a", "7"]]);
    let namespaces = kubectl.run(&["get", "ns"]).await;
    assert!(namespaces.starts_with("NAME") && namespaces.contains("kube-system"), "{namespaces}");
    assert!(kubectl.run(&["get", "widget", "-A", "-o", "name"]).await.contains("widget.example.com/a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn get_with_watch_follows_changes() {
    let kubectl = Kubectl::start().await;
    kubectl.input(&["apply", "-f", "-"], &widget("a", 1)).await;
    let mut watch = kubectl.command(&["get", "widgets", "-w", "--no-headers"]);
    let mut watch = watch.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut next = async || {
        let line = timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().unwrap();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(next().await, ["a", "1"]);
    kubectl.input(&["apply", "-f", "-"], &widget("b", 2)).await;
    assert_eq!(next().await, ["b", "2"]);
    kubectl.run(&["patch", "widget", "a", "--type=merge", "-p", r#"{"spec":{"size":5}}"#]).await;
    assert_eq!(next().await, ["a", "5"]);
    watch.kill().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_waits_until_the_object_is_gone() {
    let kubectl = Kubectl::start().await;
    kubectl.input(&["apply", "-f", "-"], &widget("a", 1)).await;
    let told = kubectl.run(&["delete", "widget", "a"]).await;
    assert!(told.starts_with("widget.example.com \"a\" deleted"), "{told}");
    assert_eq!(kubectl.run(&["get", "widgets", "-o", "name"]).await, "");
    let short = r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "short"}}"#;
    kubectl.input(&["apply", "-f", "-"], short).await;
    let inside =
        r#"{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "inside", "namespace": "short"}}"#;
    kubectl.input(&["apply", "-f", "-"], inside).await;
    kubectl.run(&["delete", "namespace", "short"]).await;
    assert!(!kubectl.run(&["get", "ns", "-o", "name"]).await.contains("short"));
}

#[tokio::test(flavor = "multi_thread")]
async fn api_resources_and_explain_know_the_definition() {
    let kubectl = Kubectl::start().await;
    let resources = kubectl.run(&["api-resources"]).await;
    for row in [["widgets", "wd", "example.com/v1", "true", "Widget"], ["pods", "po", "v1", "true", "Pod"]] {
        let found = resources.lines().any(|line| line.split_whitespace().collect::<Vec<_>>() == row);
        assert!(found, "{row:?} is not in\n{resources}");
    }
    let explained = kubectl.run(&["explain", "widget.spec.size"]).await;
    assert!(explained.contains("How large it is.") && explained.contains("<integer>"), "{explained}");
    let pod = kubectl.run(&["explain", "pod.spec.containers.image"]).await;
    assert!(pod.contains("Container image name"), "{pod}");
}

#[tokio::test(flavor = "multi_thread")]
async fn describe_shows_spec_and_events() {
    let kubectl = Kubectl::start().await;
    kubectl.input(&["apply", "-f", "-"], &widget("a", 4)).await;
    let uid = kubectl.run(&["get", "widget", "a", "-o", "jsonpath={.metadata.uid}"]).await;
    let event = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": "a.1", "namespace": "default"},
        "involvedObject": {
            "apiVersion": "example.com/v1", "kind": "Widget", "namespace": "default", "name": "a", "uid": uid,
        },
        "reason": "Grown",
        "message": "it is larger now",
        "type": "Normal",
        "count": 1,
        "firstTimestamp": "2026-01-02T03:04:05Z",
        "lastTimestamp": "2026-01-02T03:04:05Z",
    });
    kubectl.input(&["create", "-f", "-"], &event.to_string()).await;
    let described = kubectl.run(&["describe", "widget", "a"]).await;
    for text in ["Name:         a", "Size:  4", "Grown", "it is larger now"] {
        assert!(described.contains(text), "{text} is not in\n{described}");
    }
}
