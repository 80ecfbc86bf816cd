//! Whose image a Pod may run, what the platform's own image takes, and which images are kept unpacked.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use cluster::workload::HostImage;
use k8s_openapi::api::core::v1::{ContainerState, Pod};
use kube::api::DeleteParams;
use oci::{ContainerConfig, Layout};
use serde_json::{Value, json};

use crate::harness::{Node, shell_job, shell_pod, write_image};

fn state(pod: Option<&Pod>) -> Option<&ContainerState> {
    pod?.status.as_ref()?.container_statuses.as_ref()?.first()?.state.as_ref()
}

fn waits_with(reason: &'static str) -> impl Fn(Option<&Pod>) -> bool {
    move |pod| {
        let waiting = state(pod).and_then(|state| state.waiting.as_ref());
        waiting.and_then(|waiting| waiting.reason.as_deref()) == Some(reason)
    }
}

fn pod_of(name: &str, image: &str) -> Value {
    let mut pod = shell_pod(name, "sleep 1000");
    pod["spec"]["containers"][0]["image"] = json!(image);
    pod
}

#[tokio::test]
async fn the_image_of_another_tenant_is_not_run_by_its_digest() {
    let node = Node::start().await;
    let files = [("function/main.py", "SECRET = 1")];
    let image = write_image(node.folder.path(), "acme/hello:1", ContainerConfig::default(), &files);
    let digest = image.digest.to_string();
    for (name, reference) in [
        ("by-digest", format!("acme/hello@{digest}")),
        ("by-tag", "acme/hello:1".to_owned()),
        ("without-repository", digest.clone()),
        ("through-own", format!("default/hello@{digest}")),
        ("through-shared", format!("busybox@{digest}")),
    ] {
        node.create_pod(pod_of(name, &reference)).await;
        node.pod_when(name, waits_with("ErrImagePull")).await;
    }
}

#[tokio::test]
async fn a_build_job_cannot_change_the_environment_of_the_platforms_own_program() {
    let own = HostImage {
        program: "/usr/bin/printenv".into(),
        subcommands: vec!["KL_NAMESPACE".into()],
        env: [("PATH".to_owned(), "/usr/bin".to_owned())].into(),
        accepted_env: vec!["BUILD_SPEC".into()],
    };
    let node = Node::start_with(|config| *config = config.clone().host_image("own", own)).await;
    let job = |name: &str, variables: &[&str]| {
        let mut job = shell_job(name, "", json!({}));
        let env: Vec<Value> = variables.iter().map(|name| json!({"name": name, "value": "x"})).collect();
        job["spec"]["template"]["spec"]["containers"] = json!([{
            "name": "c", "image": "own", "args": ["KL_NAMESPACE", "BUILD_SPEC", "PATH"], "env": env,
        }]);
        job
    };
    node.create_job(job("right", &["BUILD_SPEC", "PATH"])).await;
    node.job_when("right", "Complete").await;
    let pods = node.pods().list(&Default::default()).await.unwrap();
    let name = pods.items[0].metadata.name.clone().unwrap();
    assert_eq!(node.log(&name).await, "default\nx\n/usr/bin\n");
    for (name, variable) in [("preload", "LD_PRELOAD"), ("place", "KL_NAMESPACE")] {
        let uid = node.create_job(job(name, &[variable])).await.metadata.uid.unwrap();
        let pod = node.pod_of_job(&uid).await;
        let pod = node.pod_when(&pod, waits_with("CreateContainerConfigError")).await;
        let message = state(Some(&pod)).unwrap().waiting.as_ref().unwrap().message.clone().unwrap();
        assert!(message.ends_with(&format!("does not take the variable {variable}")), "{message}");
    }
}

#[tokio::test]
async fn an_unpacked_image_goes_with_its_entry_but_not_under_a_container() {
    let node = Node::start_with(|config| config.image_sweep = Duration::from_millis(20)).await;
    let folder = node.folder.path();
    let files = |text| [("function/main.py", text)];
    let old = write_image(folder, "default/hello:1", ContainerConfig::default(), &files("old"));
    let kept = write_image(folder, "default/hello:2", ContainerConfig::default(), &files("kept"));
    for (name, tag) in [("old", 1), ("kept", 2)] {
        node.create_pod(pod_of(name, &format!("default/hello:{tag}"))).await;
        node.phase(name, "Running").await;
    }
    let unpacked = |digest: &oci::Digest| folder.join("images").join(digest.hex());
    let late = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
    let sweep = Layout::open(folder.join("layout")).unwrap().sweep().unwrap().unwrap();
    sweep.run(late, |entry| entry.tag != Some("1") || entry.repository != "default/hello").unwrap();
    // What a killed platform left is gone too, which tells that a sweep has been done since.
    let left = folder.join("images/.unpack-killed");
    std::fs::create_dir(&left).unwrap();
    gone(&left).await;
    assert!(unpacked(&old.digest).is_dir(), "it is being run");
    node.pods().delete("old", &DeleteParams::default()).await.unwrap();
    gone(&unpacked(&old.digest)).await;
    assert!(unpacked(&kept.digest).is_dir());
}

async fn gone(path: &Path) {
    let end = Instant::now() + Duration::from_mins(1);
    while path.exists() {
        assert!(Instant::now() < end, "{} is still there", path.display());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
