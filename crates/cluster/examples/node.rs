//! Serves a cluster whose node runs Pods, for `shared/k8s/replay.py --have node`:
//! `node ADDRESS DATA_FOLDER TOKEN`. It has one image, `busybox:1`, which runs what this machine has. It
//! stops at the end of its standard input.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use cluster::workload;
use cluster::{Cluster, Config};
use sandbox::{Launcher, Toolchain};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("sandbox-exec") {
        sandbox::child_main();
    }
    tokio::runtime::Runtime::new()?.block_on(serve())
}

async fn serve() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().with_context(|| format!("{what} is missing"));
    let (address, folder, token) = (next("ADDRESS")?, next("DATA_FOLDER")?, next("TOKEN")?);
    let layout = Path::new(&folder).join("layout");
    write_layout(&layout)?;
    let launcher = Launcher::new("/proc/self/exe", ["sandbox-exec"]).await;
    for missing in launcher.capabilities().missing() {
        eprintln!("{missing}");
    }
    let workload = workload::Config::new(launcher, Toolchain::default(), layout);
    let config = Config::new(Path::new(&folder), token).with_workload(workload);
    let cluster = Arc::new(Cluster::start(config).await?);
    let router = cluster.router();
    let listener = TcpListener::bind(&address).await?;
    println!("{}", listener.local_addr()?);
    let stop = async move {
        let _ =
            tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await;
        cluster.shutdown().await;
    };
    axum::serve(listener, router).with_graceful_shutdown(stop).await?;
    Ok(())
}

/// An image without files of its own.
fn write_layout(folder: &Path) -> Result<()> {
    let blobs = folder.join("blobs/sha256");
    std::fs::create_dir_all(&blobs)?;
    let put = |value: serde_json::Value| -> Result<String> {
        let text = value.to_string();
        let digest = hex::encode(Sha256::digest(&text));
        std::fs::write(blobs.join(&digest), text)?;
        Ok(format!("sha256:{digest}"))
    };
    let config = put(serde_json::json!({"config": {"Cmd": ["sh"]}}))?;
    let manifest = put(serde_json::json!({"schemaVersion": 2, "config": {"digest": config}, "layers": []}))?;
    let index = serde_json::json!({"schemaVersion": 2, "manifests": [
        {"digest": manifest, "annotations": {"org.opencontainers.image.ref.name": "busybox:1"}},
    ]});
    std::fs::write(folder.join("index.json"), index.to_string())?;
    Ok(())
}
