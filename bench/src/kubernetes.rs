//! The platform's Kubernetes API, as its kubeconfig names it: for what no page does.

use std::{net::SocketAddr, path::Path};

use anyhow::{Context, Result, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Certificate, Client, Method};
use serde_json::Value;

pub(crate) struct Kubernetes {
    http: Client,
    server: String,
    token: String,
}

impl Kubernetes {
    pub(crate) fn open(data: &Path) -> Result<Self> {
        let config: Value = serde_json::from_slice(&std::fs::read(data.join("kubeconfig"))?)?;
        let text = |pointer: &str| {
            config
                .pointer(pointer)
                .and_then(Value::as_str)
                .map(str::to_owned)
                .with_context(|| format!("{pointer} in the kubeconfig"))
        };
        let pem = STANDARD.decode(text("/clusters/0/cluster/certificate-authority-data")?)?;
        let http = Client::builder().tls_certs_only([Certificate::from_pem(&pem)?]).build()?;
        Ok(Self { http, server: text("/clusters/0/cluster/server")?, token: text("/users/0/user/token")? })
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut request =
            self.http.request(method.clone(), format!("{}{path}", self.server)).bearer_auth(&self.token);
        if let Some(body) = body {
            let kind =
                if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
            request = request.header("content-type", kind).json(body);
        }
        let answer = request.send().await?;
        if !answer.status().is_success() {
            bail!("{path}: {} {}", answer.status(), answer.text().await?);
        }
        Ok(answer.json().await?)
    }

    /// Where the processes of a function listen.
    pub(crate) async fn addresses(&self, function: &str) -> Result<Vec<SocketAddr>> {
        let path =
            format!("/api/v1/namespaces/default/pods?labelSelector=serving.knative.dev/service={function}");
        let pods = self.ask(Method::GET, &path, None).await?;
        let port =
            |pod: &Value| pod.pointer("/metadata/annotations/cluster.local~1port")?.as_str()?.parse().ok();
        let ports = pods["items"].as_array().into_iter().flatten().filter_map(port);
        Ok(ports.map(|port: u16| SocketAddr::from(([127, 0, 0, 1], port))).collect())
    }
}
