//! A cluster on a loopback port, as `kubectl` and the replayer see it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::routing::post;
use cluster::{Cluster, Config};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// Bearer token of the administrator.
pub(crate) const TOKEN: &str = "administrator";

/// Serves until it is dropped.
pub(crate) struct Serving {
    pub cluster: Arc<Cluster>,
    pub address: SocketAddr,
    folder: TempDir,
    _server: JoinSet<()>,
}

impl Serving {
    /// With an empty registry. `POST /compact` makes it forget old resource versions.
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::new(folder.path(), TOKEN);
        Self::start_as(folder, config).await
    }

    /// With `folder` as its data.
    pub(crate) async fn start_as(folder: TempDir, config: Config) -> Self {
        let cluster = Arc::new(Cluster::start(config).await.unwrap());
        let compacted = cluster.clone();
        let router = cluster.router().route("/compact", post(async move || compacted.compact()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { cluster, address, folder, _server: server }
    }

    /// The folder of the registry, in which tests may put files of their own.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}
