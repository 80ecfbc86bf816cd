//! The file that tells `kubectl` where the cluster is and how to sign in.

use std::io::Result;
use std::net::SocketAddr;
use std::path::Path;

use serde_json::json;

use crate::private_file;

const NAME: &str = "knative-lambda";

/// Writes a kubeconfig with the administrator's token, readable by the owner only.
pub(crate) fn write(path: &Path, server: SocketAddr, token: &str) -> Result<()> {
    // JSON is YAML.
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": {"server": format!("http://{server}")}}],
        "users": [{"name": NAME, "user": {"token": token}}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME, "namespace": "default"}}],
        "current-context": NAME,
    });
    private_file::write(path, format!("{config:#}\n").as_bytes())
}
