//! A platform of its own: the release binary on a new data folder and free ports.

use std::{
    io::{BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    kubernetes::Kubernetes,
    wire::{self, Wire},
};

/// The longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(180);
/// Between two looks at something that is not there yet.
const PAUSE: Duration = Duration::from_millis(2);

pub(crate) struct Platform {
    child: Child,
    pub(crate) data: TempDir,
    pub(crate) base: String,
    pub(crate) dashboard: SocketAddr,
    pub(crate) gateway: SocketAddr,
    pub(crate) http: reqwest::Client,
    pub(crate) link: String,
    pub(crate) token: String,
    pub(crate) kubernetes: Kubernetes,
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

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

impl Platform {
    pub(crate) async fn start(binary: &Path) -> Result<Self> {
        Self::start_in(binary, tempfile::tempdir()?).await
    }

    pub(crate) async fn start_in(binary: &Path, data: TempDir) -> Result<Self> {
        let (dashboard, gateway, cluster) = (free_address()?, free_address()?, free_address()?);
        let began = Instant::now();
        let mut child = Command::new(binary)
            .arg("server")
            .env("KL_LISTEN", dashboard.to_string())
            .env("KL_GATEWAY_LISTEN", gateway.to_string())
            .env("KL_CLUSTER_LISTEN", cluster.to_string())
            .env("KL_DATA_DIR", data.path())
            .env("KL_LOG", "warn")
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(data.path().join("bench-stderr.log"))?)
            .spawn()
            .with_context(|| format!("{} does not start", binary.display()))?;
        let mut out = BufReader::new(child.stdout.take().context("its output is piped")?);
        let mut link = String::new();
        while !link.contains("http") {
            link.clear();
            if out.read_line(&mut link)? == 0 {
                let why = std::fs::read_to_string(data.path().join("bench-stderr.log")).unwrap_or_default();
                bail!("the platform ended before it was ready: {why}");
            }
        }
        let ready_after = began.elapsed();
        // Whatever else it prints is read away.
        std::thread::spawn(move || out.read_to_end(&mut Vec::new()));
        let token = std::fs::read_to_string(data.path().join("admin-token"))?.trim().to_owned();
        let http = reqwest::Client::builder().timeout(PATIENCE).build()?;
        let base = format!("http://{dashboard}");
        let kubernetes = Kubernetes::open(data.path())?;
        let link = link.trim().to_owned();
        Ok(Self { child, data, base, dashboard, gateway, http, link, token, kubernetes, ready_after })
    }

    /// Stops it as an operator does; the data folder stays.
    pub(crate) fn stop(mut self) -> Result<TempDir> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status()?;
        self.child.wait()?;
        let empty = tempfile::tempdir()?;
        Ok(std::mem::replace(&mut self.data, empty))
    }

    /// Resident memory of the process and all its children, in MB.
    pub(crate) fn resident_mb(&self) -> f64 {
        let field = |pid: u32, name: &str| -> Option<u64> {
            let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let line = text.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse().ok()
        };
        let is_ours = |mut pid: u32| loop {
            if pid == self.child.id() {
                return true;
            }
            match field(pid, "PPid:") {
                Some(parent) if parent > 1 => pid = parent as u32,
                _ => return false,
            }
        };
        let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let total: u64 = pids.filter(|pid| is_ours(*pid)).filter_map(|pid| field(pid, "VmRSS:")).sum();
        total as f64 * 1024.0 / 1e6
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token)
    }

    /// What the API says at a path below the tenant.
    pub(crate) async fn read(&self, path: &str) -> Result<Value> {
        let answer = self.request(Method::GET, &format!("/api/v1/tenants/default{path}")).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }

    pub(crate) async fn create(&self, name: &str, spec: Value) -> Result<()> {
        let manifest = manifest(name, &spec);
        let path = "/api/v1/tenants/default/functions";
        let answer = self.request(Method::POST, path).json(&manifest).send().await?;
        if !answer.status().is_success() {
            bail!("create {name}: {} {}", answer.status(), answer.text().await?);
        }
        Ok(())
    }

    /// Calls until the answer is 200; what comes before is not ready yet.
    pub(crate) async fn first_answer(&self, name: &str) -> Result<()> {
        let call = wire::request("POST", &format!("/default/{name}/"), &[], "{\"name\":\"bench\"}");
        let limit = Instant::now() + PATIENCE;
        let mut wire = Wire::open(self.gateway).await?;
        loop {
            let status = wire.ask(&call).await?.status;
            if status == 200 {
                return Ok(());
            }
            if Instant::now() > limit {
                bail!(
                    "{name} answers {status}: {}",
                    self.read(&format!("/functions/{name}")).await?["status"]
                );
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Waits until no instance of `name` runs.
    pub(crate) async fn scaled_to_zero(&self, name: &str) -> Result<()> {
        let limit = Instant::now() + PATIENCE;
        while !self.kubernetes.addresses(name).await?.is_empty() {
            if Instant::now() > limit {
                bail!("{name} did not scale to zero");
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(())
    }

    /// The folder of a function's unpacked image that holds `file`.
    pub(crate) fn image_with(&self, file: &str) -> Result<PathBuf> {
        let mut folders = vec![self.data.path().to_path_buf()];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(&folder)?.flatten().map(|entry| entry.path()) {
                if path.ends_with("function") && path.join(file).exists() {
                    return Ok(path);
                }
                if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                }
            }
        }
        bail!("no unpacked image holds {file}")
    }
}

pub(crate) fn manifest(name: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "lambda.knative.io/v1alpha1", "kind": "LambdaFunction",
        "metadata": {"name": name, "namespace": "default"}, "spec": spec,
    })
}
