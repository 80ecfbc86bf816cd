//! Serves a cluster whose node runs Pods, for tests that kill it and for `shared/k8s/replay.py --have node`:
//! `cluster-node ADDRESS DATA_FOLDER TOKEN`. It has one image, `busybox:1`, which runs what this machine has. It
//! stops at the end of its standard input.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use cluster::workload;
use cluster::{Cluster, Config};
use oci::{ContainerConfig, ImageConfig, Layout};
use sandbox::{Launcher, Toolchain};
use tokio::net::TcpListener;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("sandbox-exec") {
        sandbox::child_main();
    }
    tokio::runtime::Runtime::new()?.block_on(serve())
}

async fn serve() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or_else(|| format!("{what} is missing"));
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
    let layout = Layout::open(folder)?;
    let config = ContainerConfig { cmd: vec!["sh".into()], ..ContainerConfig::default() };
    layout.push(ImageConfig::new(config), &[], Some("busybox:1"))?;
    Ok(())
}
