//! Debian's `kubectl` against the cluster, through the kubeconfig that the cluster writes.

use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::timeout;

use crate::serving::Serving;

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

#[tokio::test(flavor = "multi_thread")]
async fn create_sends_protobuf_and_is_understood() {
    let kubectl = Kubectl::start().await;
    let create = async |arguments: &[&str]| kubectl.run(&[&["create"][..], arguments].concat()).await;
    assert_eq!(create(&["namespace", "made"]).await, "namespace/made created\n");
    create(&["configmap", "c", "--from-literal=key=value", "--from-literal=empty="]).await;
    create(&["secret", "generic", "s", "--from-literal=password=hush"]).await;
    create(&["serviceaccount", "robot"]).await;
    create(&["role", "reader", "--verb=get,list", "--resource=pods,configmaps"]).await;
    create(&["rolebinding", "reader", "--role=reader", "--serviceaccount=default:robot"]).await;
    create(&["clusterrole", "paths", "--verb=get", "--non-resource-url=/metrics"]).await;
    create(&["quota", "few", "--hard=pods=3,cpu=500m"]).await;
    create(&["deployment", "web", "--image=busybox:1", "--replicas=0", "--port=8080"]).await;
    create(&["job", "j", "--image=busybox:1", "--", "sh", "-c", "exit 0"]).await;
    create(&["cronjob", "c", "--image=busybox:1", "--schedule=0 3 * * *"]).await;
    create(&["service", "clusterip", "web", "--tcp=80:8080"]).await;
    create(&["ingress", "web", "--rule=example.com/*=web:80"]).await;
    create(&["poddisruptionbudget", "web", "--selector=app=web", "--min-available=50%"]).await;
    for (object, path, expected) in [
        ("configmap/c", "{.data.key}|{.data.empty}|", "value||"),
        ("secret/s", "{.data.password}|{.type}", "aHVzaA==|Opaque"),
        ("role/reader", "{.rules[*].resources}|{.rules[0].apiGroups}", r#"["pods","configmaps"]|[""]"#),
        ("rolebinding/reader", "{.subjects[0].kind} {.subjects[0].namespace}", "ServiceAccount default"),
        ("clusterrole/paths", "{.rules[0].nonResourceURLs[0]}", "/metrics"),
        ("quota/few", "{.spec.hard.pods} {.spec.hard.cpu}", "3 500m"),
        (
            "deployment/web",
            "{.spec.replicas} {.spec.template.spec.containers[0].ports[0].containerPort}",
            "0 8080",
        ),
        ("job/j", "{.spec.template.spec.containers[0].command[2]}", "exit 0"),
        ("cronjob/c", "{.spec.schedule}", "0 3 * * *"),
        ("service/web", "{.spec.ports[0].port} {.spec.ports[0].targetPort}", "80 8080"),
        ("ingress/web", "{.spec.rules[0].http.paths[0].backend.service.port.number}", "80"),
        ("pdb/web", "{.spec.minAvailable} {.spec.selector.matchLabels.app}", "50% web"),
    ] {
        let found = kubectl.run(&["get", object, "-o", &format!("jsonpath={path}")]).await;
        assert_eq!(found, expected, "{object}");
    }
    let token = create(&["token", "robot", "--duration=1h"]).await;
    assert_eq!(token.trim().split('.').count(), 3, "{token}");
    kubectl.run(&["scale", "deployment/web", "--replicas=2"]).await;
    assert_eq!(kubectl.run(&["get", "deployment/web", "-o", "jsonpath={.spec.replicas}"]).await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn auth_tells_who_one_is_and_what_one_may_do() {
    let kubectl = Kubectl::start().await;
    kubectl.run(&["create", "role", "reader", "--verb=get", "--resource=configmaps"]).await;
    kubectl.run(&["create", "rolebinding", "reader", "--role=reader", "--user=alice"]).await;
    assert_eq!(kubectl.run(&["auth", "can-i", "delete", "nodes"]).await, "yes\n");
    assert_eq!(kubectl.run(&["auth", "can-i", "get", "configmaps", "--as=alice"]).await, "yes\n");
    let refused =
        kubectl.command(&["auth", "can-i", "list", "secrets", "--as=alice"]).output().await.unwrap();
    assert_eq!(String::from_utf8_lossy(&refused.stdout), "no\n");
    let listed = kubectl.run(&["auth", "can-i", "--list", "--as=alice"]).await;
    let row = listed.lines().find(|line| line.starts_with("configmaps")).unwrap_or_default();
    assert!(row.ends_with("[get]"), "{listed}");
    let whoami = kubectl.run(&["auth", "whoami", "--as=alice", "--as-group=devs"]).await;
    assert!(whoami.contains("alice") && whoami.contains("devs"), "{whoami}");
    let refused = kubectl.command(&["get", "secrets", "--as=alice"]).output().await.unwrap();
    let errors = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(errors.contains("User \"alice\" cannot list resource \"secrets\""), "{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_says_who_one_is() {
    let kubectl = Kubectl::start().await;
    kubectl.run(&["create", "clusterrolebinding", "viewers", "--clusterrole=view", "--group=devs"]).await;
    let identity = kubectl.serving.cluster.client_certificate("carol", &["devs", "night shift"]).unwrap();
    let file = |name: &str, text: &str| {
        let path = kubectl.serving.folder().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let (certificate, key) = (file("carol.crt", &identity.certificate), file("carol.key", &identity.key));
    // The administrator's token must not be what lets her in.
    let mut config: Value =
        serde_json::from_slice(&std::fs::read(kubectl.serving.folder().join("kubeconfig")).unwrap()).unwrap();
    config["users"][0]["user"] = json!({"client-certificate": certificate, "client-key": key});
    file("kubeconfig", &config.to_string());
    let whoami = kubectl.run(&["auth", "whoami"]).await;
    for text in ["carol", "devs", "night shift", "system:authenticated"] {
        assert!(whoami.contains(text), "{text} is not in\n{whoami}");
    }
    kubectl.run(&["get", "configmaps", "-A"]).await;
    let refused = kubectl.command(&["create", "namespace", "hers"]).output().await.unwrap();
    let errors = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(errors.contains("User \"carol\" cannot create resource \"namespaces\""), "{errors}");
}
