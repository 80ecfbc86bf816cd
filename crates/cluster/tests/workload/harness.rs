//! A cluster with a node in a folder of its own, and objects in few words.

use std::path::Path;
use std::time::Duration;

use cluster::{Cluster, Config, workload};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, LogParams, PostParams};
use kube::runtime::wait::{Condition, await_condition};
use oci::layer::Entry;
use oci::{Compression, ContainerConfig, Image, ImageConfig, Layout};
use sandbox::{Launcher, Toolchain};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything may take on a machine that does other things too.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Node {
    pub(crate) cluster: Cluster,
    pub(crate) folder: TempDir,
}

impl Node {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// With other settings of the node.
    pub(crate) async fn start_with(change: impl FnOnce(&mut workload::Config)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        write_image(folder.path(), "busybox:1", ContainerConfig::default(), &[]);
        let mut config = config(folder.path()).await;
        change(config.workload.as_mut().expect("it has a node"));
        let cluster = Cluster::start(config).await.expect("a cluster");
        Self { cluster, folder }
    }

    pub(crate) fn pods(&self) -> Api<Pod> {
        Api::default_namespaced(self.cluster.client())
    }

    pub(crate) fn jobs(&self) -> Api<Job> {
        Api::default_namespaced(self.cluster.client())
    }

    pub(crate) async fn create_pod(&self, pod: Value) -> Pod {
        let pod = serde_json::from_value(pod).expect("a Pod");
        self.pods().create(&PostParams::default(), &pod).await.expect("the Pod is taken")
    }

    pub(crate) async fn create_job(&self, job: Value) -> Job {
        let job = serde_json::from_value(job).expect("a Job");
        self.jobs().create(&PostParams::default(), &job).await.expect("the Job is taken")
    }

    /// The Pod as soon as it is in that phase.
    pub(crate) async fn phase(&self, name: &str, phase: &'static str) -> Pod {
        self.pod_when(name, move |pod: Option<&Pod>| {
            pod.and_then(|pod| pod.status.as_ref()?.phase.as_deref()) == Some(phase)
        })
        .await
    }

    pub(crate) async fn pod_when(&self, name: &str, condition: impl Condition<Pod>) -> Pod {
        let waiting = tokio::time::timeout(PATIENCE, await_condition(self.pods(), name, condition)).await;
        match waiting {
            Ok(found) => found.expect("a watch").expect("the Pod is there"),
            Err(_) => panic!("{name}: {:?}", self.pods().get(name).await.map(|pod| pod.status)),
        }
    }

    pub(crate) async fn pod_gone(&self, name: &str) {
        let gone = await_condition(self.pods(), name, |pod: Option<&Pod>| pod.is_none());
        tokio::time::timeout(PATIENCE, gone).await.expect("the Pod goes").expect("a watch");
    }

    /// The Job as soon as it has that condition.
    pub(crate) async fn job_when(&self, name: &str, kind: &'static str) -> Job {
        let condition = move |job: Option<&Job>| {
            let conditions = job.and_then(|job| job.status.as_ref()?.conditions.as_ref());
            conditions.into_iter().flatten().any(|one| one.type_ == kind && one.status == "True")
        };
        let waiting = tokio::time::timeout(PATIENCE, await_condition(self.jobs(), name, condition)).await;
        match waiting {
            Ok(found) => found.expect("a watch").expect("the Job is there"),
            Err(_) => panic!("{name}: {:?}", self.jobs().get(name).await.map(|job| job.status)),
        }
    }

    /// The name of the first Pod of the Job with that uid, as soon as there is one.
    pub(crate) async fn pod_of_job(&self, uid: &str) -> String {
        let end = std::time::Instant::now() + PATIENCE;
        loop {
            let pods = self.pods().list(&ListParams::default()).await.expect("a list");
            let owned =
                |pod: &&Pod| pod.metadata.owner_references.iter().flatten().any(|owner| owner.uid == uid);
            if let Some(pod) = pods.items.iter().find(owned) {
                return pod.metadata.name.clone().expect("a name");
            }
            assert!(std::time::Instant::now() < end, "the Job makes no Pod");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn log(&self, name: &str) -> String {
        self.pods().logs(name, &LogParams::default()).await.expect("a log")
    }
}

pub(crate) async fn config(folder: &Path) -> Config {
    let launcher = Launcher::new(env!("CARGO_BIN_EXE_cluster-node"), ["sandbox-exec"]).await;
    let workload = workload::Config::new(launcher, toolchain().await, folder.join("layout"));
    Config::new(folder, "secret").with_workload(workload)
}

#[expect(clippy::disallowed_methods, reason = "tests find the machine's interpreters")]
pub(crate) async fn toolchain() -> Toolchain {
    Toolchain::discover(&std::env::var("PATH").expect("a search path")).await
}

/// A Pod of one container that runs a few lines of shell.
pub(crate) fn shell_pod(name: &str, script: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 1, "containers": [
            {"name": "c", "image": "busybox:1", "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", script]},
        ]},
    })
}

/// A Job of such Pods.
pub(crate) fn shell_job(name: &str, script: &str, spec: Value) -> Value {
    let mut job = json!({
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name},
        "spec": {
            "completions": 1, "parallelism": 1, "backoffLimit": 0,
            "template": {"spec": shell_pod("", script)["spec"]},
        },
    });
    for (key, value) in spec.as_object().into_iter().flatten() {
        job["spec"][key] = value.clone();
    }
    job
}

/// Adds an image to the layout in `folder`; each file is a path and its content.
pub(crate) fn write_image(
    folder: &Path,
    name: &str,
    config: ContainerConfig,
    files: &[(&str, &str)],
) -> Image {
    let layout = Layout::open(folder.join("layout")).expect("a layout");
    let _writing = layout.using().expect("a lock");
    let entries: Vec<Entry> = files.iter().map(|(path, content)| Entry::bytes(*path, *content)).collect();
    let layer = (!entries.is_empty()).then(|| layout.put_layer(entries, Compression::Gzip).expect("a layer"));
    layout.push(ImageConfig::new(config), layer.as_slice(), Some(name)).expect("an image")
}
