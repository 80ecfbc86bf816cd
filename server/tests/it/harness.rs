//! A whole platform in process, on free ports and a temporary folder, with the embedded defaults.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect::Policy};
use serde_json::{Value, json};
use server::{
    config::Config,
    wiring::{self, Running},
};
use sha2::{Digest as _, Sha256};

/// How long anything may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) struct TestServer {
    pub(crate) running: Option<Running>,
    pub(crate) http: Client,
    folder: tempfile::TempDir,
}

fn config(folder: &Path, more: &[(&str, &str)]) -> Config {
    let data_dir = folder.join("data").display().to_string();
    let flags = [
        ("data_dir", data_dir.as_str()),
        ("listen", "127.0.0.1:0"),
        ("gateway_listen", "127.0.0.1:0"),
        ("cluster_listen", "127.0.0.1:0"),
        ("requests_per_minute", "100000"),
    ];
    let flags = flags.iter().chain(more);
    Config::load(&flags.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()).unwrap()
}

async fn start(folder: &Path, more: &[(&str, &str)]) -> Running {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    wiring::start(&config(folder, more), PathBuf::from(env!("CARGO_BIN_EXE_knative-lambda"))).await.unwrap()
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With more settings.
    pub(crate) async fn start_with(more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let running = start(folder.path(), more).await;
        let http = Client::builder().redirect(Policy::none()).timeout(PATIENCE).build().unwrap();
        Self { running: Some(running), http, folder }
    }

    /// Ends the platform and starts it again on the same folder.
    pub(crate) async fn restart(&mut self) {
        self.running.take().unwrap().stop().await;
        self.running = Some(start(self.folder.path(), &[]).await);
    }

    /// The same, with something done to its data folder in between.
    pub(crate) async fn restart_after(&mut self, meanwhile: impl AsyncFnOnce(&Path)) {
        self.running.take().unwrap().stop().await;
        meanwhile(&self.folder.path().join("data")).await;
        self.running = Some(start(self.folder.path(), &[]).await);
    }

    pub(crate) async fn stop(mut self) {
        self.running.take().unwrap().stop().await;
    }

    pub(crate) fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running().address)
    }

    /// A client of the Kubernetes API, as kubectl is one.
    pub(crate) async fn kubernetes(&self) -> kube::Client {
        let path = self.folder.path().join("data/kubeconfig");
        let kubeconfig = kube::config::Kubeconfig::read_from(path).unwrap();
        let options = kube::config::KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.unwrap();
        kube::Client::try_from(config).unwrap()
    }

    /// What a command beside the running server prints.
    pub(crate) async fn command(&self, words: &[&str]) -> String {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_knative-lambda"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.args(words).arg("--data-dir").arg(self.folder.path().join("data"));
        command.arg("--public-url").arg(self.url(""));
        let output = command.output().await.unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        text.trim().to_owned()
    }

    /// The cookie of a local person who signed in by a link.
    pub(crate) async fn sign_in(&self, name: &str) -> String {
        let link = self.command(&["sign-in-link", "--as", name]).await;
        let signed = self.http.get(&link).send().await.unwrap();
        assert_eq!(signed.status(), StatusCode::SEE_OTHER);
        let cookie = signed.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// A request without a caller.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, self.url(path))
    }

    /// A request that a page of this session sends, with the session's form token.
    pub(crate) fn by_page(&self, method: Method, path: &str, cookie: &str) -> RequestBuilder {
        self.anonymous(method, path)
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .header("x-form-token", form_token(cookie))
    }

    /// A request of the administrator, by token; paths are below the API's tenant.
    pub(crate) fn api(&self, method: Method, path: &str) -> RequestBuilder {
        let path = format!("/api/v1/tenants/default{path}");
        self.anonymous(method, &path).bearer_auth(&self.running().admin_token)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self.api(Method::GET, path).send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.text().await.unwrap());
        response.json().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.api(Method::POST, path).json(body).send().await.unwrap()
    }

    /// An event for the tenant.
    pub(crate) async fn post_event(&self, event: &Value) -> Response {
        self.api(Method::POST, "/events")
            .header("content-type", "application/cloudevents+json")
            .body(event.to_string())
            .send()
            .await
            .unwrap()
    }

    /// A python function with this code, created by the API.
    pub(crate) async fn create_python(&self, name: &str, code: &str) -> Value {
        let response = self.post("/functions", &python(name, code)).await;
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert_eq!(status, StatusCode::CREATED, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Looks until `wanted` says what it saw; fails with the last sight.
    pub(crate) async fn eventually<T>(&self, path: &str, wanted: impl Fn(&Value) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            let response = self.api(Method::GET, path).send().await.unwrap();
            let seen: Value = response.json().await.unwrap();
            if let Some(found) = wanted(&seen) {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "{path} is still {seen:#}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn ready(&self, name: &str) {
        self.eventually(&format!("/functions/{name}"), |function| {
            let phase = function["status"]["phase"].as_str();
            assert_ne!(phase, Some("Failed"), "{:#}", function["status"]);
            let current = function["status"]["observedGeneration"] == function["metadata"]["generation"];
            (phase == Some("Ready") && current).then_some(())
        })
        .await;
    }
}

/// What pages of the session with this cookie carry.
pub(crate) fn form_token(cookie: &str) -> String {
    let (_, id) = cookie.split_once('=').unwrap();
    hex::encode(Sha256::digest(format!("form:{id}")))
}

/// The request with these fields of a form, whose values need no escapes.
pub(crate) fn form(request: RequestBuilder, fields: &[(&str, String)]) -> RequestBuilder {
    let pairs: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
    request.header("content-type", "application/x-www-form-urlencoded").body(pairs.join("&"))
}

/// A manifest with inline python.
pub(crate) fn python(name: &str, code: &str) -> Value {
    json!({
        "apiVersion": "lambda.knative.io/v1alpha1",
        "kind": "LambdaFunction",
        "metadata": {"name": name},
        "spec": {
            "source": {"type": "inline", "inline": {"code": code}},
            "runtime": {"language": "python", "handler": "main.handler"},
        },
    })
}

/// The problem of a refused request.
pub(crate) async fn problem(response: Response, status: u16, code: &str) -> Value {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    let seen = response.status().as_u16();
    let correlation = response.headers()["x-correlation-id"].to_str().unwrap().to_owned();
    let problem: Value = response.json().await.unwrap();
    assert_eq!((seen, problem["code"].as_str().unwrap()), (status, code), "{problem:#}");
    for part in ["title", "detail", "type"] {
        assert!(!problem[part].as_str().unwrap().is_empty(), "{part} of {problem:#}");
    }
    assert_eq!(problem["correlationId"], correlation, "the id that ties it to the log");
    problem
}

impl TestServer {
    /// A path in the data folder.
    pub(crate) fn data_path(&self, name: &str) -> String {
        self.folder.path().join("data").join(name).display().to_string()
    }

    /// Files below a folder of the data folder.
    pub(crate) fn data_files(&self, folder: &str) -> Vec<String> {
        fn walk(path: &Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    walk(&entry.path(), found);
                } else {
                    found.push(entry.path().display().to_string());
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.folder.path().join("data").join(folder), &mut found);
        found
    }
}
