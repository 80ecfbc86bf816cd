//! A platform of its own: the release binary on a new data folder and free ports.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) struct Platform {
    child: Child,
    pub(crate) data: TempDir,
    pub(crate) base: String,
    pub(crate) gateway: String,
    pub(crate) http: reqwest::Client,
    token: String,
    /// From the start of the process to its sign-in link.
    pub(crate) ready_after: Duration,
}

impl Drop for Platform {
    fn drop(&mut self) {
        // Ended by hand or already gone: either is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

impl Platform {
    pub(crate) async fn start(binary: &Path) -> Result<Self> {
        Self::start_in(binary, tempfile::tempdir()?).await
    }

    pub(crate) async fn start_in(binary: &Path, data: TempDir) -> Result<Self> {
        let (listen, gateway, cluster) = (free_port()?, free_port()?, free_port()?);
        let began = Instant::now();
        let mut child = Command::new(binary)
            .arg("server")
            .env("KL_LISTEN", format!("127.0.0.1:{listen}"))
            .env("KL_GATEWAY_LISTEN", format!("127.0.0.1:{gateway}"))
            .env("KL_CLUSTER_LISTEN", format!("127.0.0.1:{cluster}"))
            .env("KL_DATA_DIR", data.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} does not start", binary.display()))?;
        let out = child.stdout.take().context("its output is piped")?;
        let mut lines = BufReader::new(out).lines();
        let link = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("http")));
        link.context("the platform ended before it was ready")??;
        let ready_after = began.elapsed();
        let token = std::fs::read_to_string(data.path().join("admin-token"))?.trim().to_owned();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build()?;
        let (base, gateway) = (format!("http://127.0.0.1:{listen}"), format!("http://127.0.0.1:{gateway}"));
        Ok(Self { child, data, base, gateway, http, token, ready_after })
    }

    /// Resident memory of the process and all its children, in MiB.
    pub(crate) fn resident_mib(&self) -> f64 {
        let own = self.child.id();
        let field = |pid: u32, name: &str| -> Option<u64> {
            let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        let pids = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids: Vec<u32> = pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        let is_ours = |mut pid: u32| loop {
            if pid == own {
                return true;
            }
            match field(pid, "PPid:") {
                Some(parent) if parent > 1 => pid = parent as u32,
                _ => return false,
            }
        };
        let total: u64 =
            pids.into_iter().filter(|pid| is_ours(*pid)).filter_map(|pid| field(pid, "VmRSS:")).sum();
        total as f64 / 1024.0
    }

    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.http
            .request(method, format!("{}/api/v1/tenants/default{path}", self.base))
            .bearer_auth(&self.token)
    }

    /// A page of the dashboard is asked for with the same token.
    pub(crate) fn page(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    pub(crate) async fn create(&self, name: &str, spec: Value) -> Result<()> {
        let manifest = json!({
            "apiVersion": "lambda.knative.io/v1alpha1", "kind": "LambdaFunction",
            "metadata": {"name": name}, "spec": spec,
        });
        let answer = self.request(reqwest::Method::POST, "/functions").json(&manifest).send().await?;
        if !answer.status().is_success() {
            bail!("create {name}: {} {}", answer.status(), answer.text().await?);
        }
        Ok(())
    }

    pub(crate) async fn function(&self, name: &str) -> Result<Value> {
        Ok(self.request(reqwest::Method::GET, &format!("/functions/{name}")).send().await?.json().await?)
    }

    /// Calls until the answer is 200; what comes before is not ready yet.
    pub(crate) async fn first_answer(&self, name: &str) -> Result<()> {
        let limit = Instant::now() + Duration::from_secs(60);
        while Instant::now() < limit {
            let call =
                self.http.post(format!("{}/default/{name}/", self.gateway)).json(&json!({"name": "bench"}));
            if call.send().await.is_ok_and(|answer| answer.status() == 200) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bail!("{name} did not answer within a minute: {}", self.function(name).await?["status"])
    }

    /// Waits until no instance of `name` runs.
    pub(crate) async fn scaled_to_zero(&self, name: &str) -> Result<()> {
        let limit = Instant::now() + Duration::from_secs(180);
        while Instant::now() < limit {
            if self.function(name).await?["status"]["serviceStatus"]["replicas"].as_i64() == Some(0) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        bail!("{name} did not scale to zero")
    }
}
