//! Every namespace has the ConfigMap `kube-root-ca.crt`, which Pods expect to find.
//!
//! The embedded API is reached in process or over plain loopback, so that there is no authority to trust: its
//! certificate is empty.

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::handle::Handle;
use crate::registry::Resource;

const NAME: &str = "kube-root-ca.crt";

/// Publishes until `shutdown`.
pub(crate) async fn run(handle: Handle, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        shutdown.run_until_cancelled(follow(&handle)).await;
    }
}

/// Ends when changes were forgotten before they were read.
async fn follow(handle: &Handle) {
    let (Ok(namespaces), Ok(maps)) = (handle.resource("", "namespaces"), handle.resource("", "configmaps"))
    else {
        return;
    };
    let (_, mut of_namespaces) = handle.list_and_watch(&namespaces);
    let (_, mut of_maps) = handle.list_and_watch(&maps);
    loop {
        for namespace in handle.list(&namespaces, None) {
            if !namespace.object().is_deleting() {
                publish(handle, &maps, namespace.object().name()).await;
            }
        }
        let next = tokio::select! {
            next = of_namespaces.next() => next,
            next = of_maps.next() => next,
        };
        if next.is_err() {
            return;
        }
    }
}

async fn publish(handle: &Handle, maps: &Resource, namespace: &str) {
    if handle.get(maps, namespace, NAME).is_some() {
        return;
    }
    let map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": NAME,
            "namespace": namespace,
            "annotations": {"kubernetes.io/description": "Contains the certificate of the API server; empty where \
                            it is reached without one."},
        },
        "data": {"ca.crt": ""},
    });
    match handle.create(map).await {
        // The namespace is going, or is gone, or someone was quicker.
        Err(error) if !matches!(error.reason(), "AlreadyExists" | "NotFound" | "Forbidden") => {
            tracing::warn!(namespace.name = namespace, %error, "root certificate could not be published");
        }
        _ => {}
    }
}
