//! The file that tells `kubectl` where the cluster is and how to sign in.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

const NAME: &str = "knative-lambda";

/// A kubeconfig with the administrator's token and the certificate to trust.
pub(super) fn text(server: SocketAddr, token: &str, certificate_pem: &str) -> String {
    // JSON is YAML.
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": {
            "server": format!("https://{server}"),
            "certificate-authority-data": STANDARD.encode(certificate_pem),
        }}],
        "users": [{"name": NAME, "user": {"token": token}}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME, "namespace": "default"}}],
        "current-context": NAME,
    });
    format!("{config:#}\n")
}
