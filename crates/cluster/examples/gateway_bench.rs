//! What the gateway costs: the same small HTTP process called directly and through the gateway.
//!
//! `cargo run --release -p cluster --example gateway_bench` prints one JSON object: medians in
//! microseconds, requests per second, and both as ratios of the same run. Function and load generator are
//! processes of their own (this program again, with an argument).

use std::{
    net::SocketAddr,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use axum::{Router, body::Body};
use cluster::{Cluster, Config, knative::gateway_router};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use k8s_openapi::api::core::v1::Pod;
use kube::{
    Api, ResourceExt,
    api::{ListParams, Patch, PatchParams, PostParams},
    runtime::wait::await_condition,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::{TcpListener, TcpStream},
    process::Command,
};
use tokio_util::task::{AbortOnDropHandle, TaskTracker};

/// Connections of the throughput run.
const CONNECTIONS: usize = 16;
const WARM_UP: usize = 300;
const SEQUENTIAL: usize = 3000;
const THROUGHPUT_TIME: Duration = Duration::from_secs(4);

#[tokio::main]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    match args.get(1).map(String::as_str) {
        Some("serve") => serve().await,
        Some("load") => load(args.get(2).context("address")?.parse()?, args.get(3).context("host")?).await,
        _ => bench().await,
    }
}

/// The function: answers every request with a short text, and prints its address first.
async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let router = Router::new().fallback(async || Body::from("hello"));
    axum::serve(listener, router).await?;
    Ok(())
}

/// The load generator: prints median latency (one connection) and requests per second (several).
async fn load(address: SocketAddr, host: &str) -> Result<()> {
    let mut times = Vec::with_capacity(SEQUENTIAL);
    let mut connection = Connection::open(address, host).await?;
    for turn in 0..WARM_UP + SEQUENTIAL {
        let began = Instant::now();
        connection.call().await?;
        if turn >= WARM_UP {
            times.push(began.elapsed());
        }
    }
    times.sort();
    let end = Instant::now() + THROUGHPUT_TIME;
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(address, host).await?;
        workers.spawn(async move {
            let mut calls = 0_u64;
            while Instant::now() < end {
                connection.call().await?;
                calls += 1;
            }
            anyhow::Ok(calls)
        });
    }
    let mut calls = 0;
    while let Some(done) = workers.join_next().await {
        calls += done??;
    }
    let per_second = calls as f64 / THROUGHPUT_TIME.as_secs_f64();
    let median = times[times.len() / 2].as_secs_f64() * 1e6;
    println!("{}", json!({"median_us": median, "per_second": per_second}));
    Ok(())
}

struct Connection {
    sender: hyper::client::conn::http1::SendRequest<Empty<bytes::Bytes>>,
    host: String,
    _running: AbortOnDropHandle<()>,
}

impl Connection {
    async fn open(address: SocketAddr, host: &str) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, running) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let running = TaskTracker::new().spawn(async move {
            let _ = running.await;
        });
        Ok(Self { sender, host: host.into(), _running: AbortOnDropHandle::new(running) })
    }

    async fn call(&mut self) -> Result<()> {
        let request = http::Request::builder().uri("/").header("host", &self.host).body(Empty::new())?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        if response.status() != 200 {
            bail!("answered {}", response.status());
        }
        response.into_body().collect().await?;
        Ok(())
    }
}

async fn bench() -> Result<()> {
    let (function, _process) = start_function().await?;
    let folder = tempfile::tempdir()?;
    let cluster = Cluster::start(Config::new(folder.path(), "token")).await?;
    deploy(&cluster, function).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let gateway = listener.local_addr()?;
    let service = gateway_router(cluster.activator().clone(), "fn.localhost");
    let service = service.into_make_service_with_connect_info::<SocketAddr>();
    let serving = TaskTracker::new().spawn(async move {
        let _ = axum::serve(listener, service).await;
    });
    let _serving = AbortOnDropHandle::new(serving);

    let direct = measure(function, "localhost").await?;
    let through = measure(gateway, "bench.default.fn.localhost").await?;
    let number = |of: &Value, field: &str| of[field].as_f64().unwrap_or(f64::NAN);
    let report = json!({
        "direct": direct,
        "gateway": through,
        "added_median_us": number(&through, "median_us") - number(&direct, "median_us"),
        "throughput_ratio": number(&through, "per_second") / number(&direct, "per_second"),
    });
    println!("{report:#}");
    cluster.shutdown().await;
    Ok(())
}

async fn start_function() -> Result<(SocketAddr, tokio::process::Child)> {
    let mut process = Command::new(std::env::current_exe()?)
        .arg("serve")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = process.stdout.take().context("no output")?;
    let line = BufReader::new(output).lines().next_line().await?.context("the function ended")?;
    Ok((line.parse()?, process))
}

async fn measure(address: SocketAddr, host: &str) -> Result<Value> {
    let output = Command::new(std::env::current_exe()?)
        .args(["load", &address.to_string(), host])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Makes a Service whose Pod is the process that runs already.
async fn deploy(cluster: &Cluster, function: SocketAddr) -> Result<()> {
    let client = cluster.client();
    let services: Api<knative::serving::Service> = Api::namespaced(client.clone(), "default");
    let service = json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "bench"},
        "spec": {"template": {"spec": {"containers": [{"image": "dev.local/bench:1"}]}}}
    });
    services.create(&PostParams::default(), &serde_json::from_value(service)?).await?;
    let pods: Api<Pod> = Api::namespaced(client, "default");
    let pod = loop {
        if let Some(pod) = pods.list(&ListParams::default()).await?.items.pop() {
            break pod.name_any();
        }
        tokio::task::yield_now().await;
    };
    let port = json!({"metadata": {"annotations": {"cluster.local/port": function.port().to_string()}}});
    pods.patch(&pod, &PatchParams::default(), &Patch::Merge(port)).await?;
    let ready = json!({"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
    pods.patch_status(&pod, &PatchParams::default(), &Patch::Merge(ready)).await?;
    let is_ready = |service: Option<&knative::serving::Service>| service.is_some_and(|s| s.is_ready());
    tokio::time::timeout(Duration::from_secs(20), await_condition(services, "bench", is_ready)).await??;
    Ok(())
}
