//! The one Node: this machine.

use serde_json::{Value, json};

use crate::api::status::ApiResult;
use crate::handle::Handle;
use crate::registry::metadata;

/// Makes the Node object, or brings it up to date.
pub(super) async fn register(handle: &Handle, name: &str) -> ApiResult<()> {
    let resource = handle.resource("", "nodes")?;
    let labels = json!({
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": architecture(),
    });
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}});
    match handle.create(node).await {
        Err(error) if error.reason() != "AlreadyExists" => return Err(error),
        _ => {}
    }
    let status = status(name, &metadata::time(handle.now()));
    handle
        .update_status(&resource, "", name, |object| {
            object.set("status", status.clone());
            Ok(())
        })
        .await?;
    Ok(())
}

fn status(name: &str, now: &str) -> Value {
    let resources = json!({
        "cpu": std::thread::available_parallelism().map_or(1, usize::from).to_string(),
        "memory": format!("{}Ki", memory_kib()),
        "pods": "1000",
        "ephemeral-storage": "0",
    });
    let condition = |kind: &str, holds: bool, reason: &str, message: &str| {
        let status = if holds { "True" } else { "False" };
        json!({
            "type": kind, "status": status, "reason": reason, "message": message,
            "lastHeartbeatTime": now, "lastTransitionTime": now,
        })
    };
    json!({
        "capacity": resources,
        "allocatable": resources,
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": name}],
        "conditions": [
            condition("MemoryPressure", false, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition("DiskPressure", false, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            condition("Ready", true, "KubeletReady", "kubelet is posting ready status"),
        ],
        "nodeInfo": {
            "machineID": "", "systemUUID": "", "bootID": "",
            "kernelVersion": kernel_version(),
            "osImage": "Linux", "operatingSystem": "linux", "architecture": architecture(),
            "containerRuntimeVersion": "knative-lambda://0.1.0",
            "kubeletVersion": "v1.36.2", "kubeProxyVersion": "",
        },
    })
}

fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn kernel_version() -> String {
    std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned()
}

fn memory_kib() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    total.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
