//! Serves a cluster on a loopback address, for `kubectl` and `shared/k8s/replay.py`:
//! `serve ADDRESS DATA_FOLDER TOKEN`. `POST /compact` makes it forget old resource versions; it stops at the end of
//! its standard input.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use axum::routing::post;
use cluster::{Cluster, Config};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().with_context(|| format!("{what} is missing"));
    let (address, folder, token) = (next("ADDRESS")?, next("DATA_FOLDER")?, next("TOKEN")?);
    let cluster = Arc::new(Cluster::start(Config::new(Path::new(&folder), token)).await?);
    let compacted = cluster.clone();
    let router = cluster.router().route("/compact", post(async move || compacted.compact()));
    let listener = TcpListener::bind(&address).await?;
    println!("{}", listener.local_addr()?);
    let stop = async move {
        end_of_input().await;
        cluster.shutdown().await;
    };
    axum::serve(listener, router).with_graceful_shutdown(stop).await?;
    Ok(())
}

/// Whoever started this process holds its input open.
async fn end_of_input() {
    // An input that cannot be read has ended.
    let _ = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await;
}
