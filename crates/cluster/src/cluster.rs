//! The cluster as a whole: what is started, and how it stops.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use jiff::Timestamp;
use rand::Rng;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::auth::{Authenticator, User};
use crate::api::{self, Api, Clock, Identity, token};
use crate::controllers::{
    definitions, garbage, names, namespaces, quotas, roles, root_certificates, service_accounts,
};
use crate::handle::Handle;
use crate::knative;
use crate::network::{self, Authority, Certificate, ClientIdentity};
use crate::registry::Registry;
use crate::registry::storage::OpenError;
use crate::workload::{self, Logs};

/// What a cluster needs to be started.
#[derive(Clone)]
pub struct Config {
    /// Folder for everything that has to survive a restart. It must exist.
    pub data_dir: PathBuf,
    /// Bearer token of the administrator on the network router.
    pub admin_token: String,
    /// Others who may come in over the network, each with a bearer token; roles say what they may do.
    pub users: Vec<(String, User)>,
    /// Tells the time; the system's clock outside tests.
    pub clock: Clock,
    /// Settings of Knative Serving.
    pub knative: knative::Config,
    /// Runs Pods, if set; without it they wait for a node.
    pub workload: Option<workload::Config>,
}

impl Config {
    /// With the clock of the system.
    pub fn new(data_dir: impl Into<PathBuf>, admin_token: impl Into<String>) -> Self {
        Self {
            data_dir: data_dir.into(),
            admin_token: admin_token.into(),
            users: Vec::new(),
            clock: Arc::new(Timestamp::now),
            knative: knative::Config::default(),
            workload: None,
        }
    }

    /// With someone who has a bearer token.
    #[must_use]
    pub fn with_user(mut self, token: impl Into<String>, user: User) -> Self {
        self.users.push((token.into(), user));
        self
    }

    /// With a node that runs Pods as processes.
    #[must_use]
    pub fn with_workload(mut self, workload: workload::Config) -> Self {
        self.workload = Some(workload);
        self
    }
}

/// Why a cluster does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Registry(#[from] OpenError),
    #[error("the key for service account tokens cannot be read or written: {0}")]
    TokenKey(#[source] std::io::Error),
    #[error("the cluster cannot be served: {0}")]
    Serve(#[source] std::io::Error),
    #[error("the cluster could not be set up: {0}")]
    Setup(#[from] api::status::ApiError),
}

/// A running cluster.
pub struct Cluster {
    api: Api,
    admin_token: String,
    users: Vec<(String, User)>,
    data_dir: PathBuf,
    tasks: TaskTracker,
    activator: knative::Activator,
}

impl Cluster {
    /// Opens the registry and starts the controllers.
    pub async fn start(config: Config) -> Result<Self, Error> {
        let registry = Registry::open(&config.data_dir)?;
        let token_key = token_key(&config.data_dir).map_err(Error::TokenKey)?;
        let logs = Logs::new(config.data_dir.join("logs"));
        let api = Api { registry, clock: config.clock, token_key, logs, shutdown: CancellationToken::new() };
        let tasks = TaskTracker::new();
        let activator = knative::Activator::new(&config.knative, tasks.clone(), api.shutdown.clone());
        let (admin_token, users, data_dir) = (config.admin_token, config.users, config.data_dir);
        let cluster = Self { api, admin_token, users, data_dir, tasks, activator };
        cluster.create_system_namespaces().await?;
        roles::create_defaults(&cluster.handle("kube-apiserver")).await?;
        cluster.start_controllers();
        if let Some(workload) = config.workload {
            let (node, jobs) =
                (cluster.handle("kubelet").ahead(), cluster.handle("kube-controller-manager").ahead());
            workload::start(node, jobs, workload, &cluster.data_dir, &cluster.tasks).await?;
        }
        let (handle, shutdown) = (cluster.handle("knative-serving").ahead(), cluster.api.shutdown.clone());
        knative::start(handle, config.knative, &cluster.activator, &cluster.tasks, shutdown).await?;
        Ok(cluster)
    }

    /// A client of the administrator that calls the API without a socket.
    pub fn client(&self) -> kube::Client {
        kube::Client::new(api::router(self.api.clone(), Identity::Fixed(User::admin())), "default")
    }

    /// The API for the network: requests say by bearer token whose they are, and roles say what is allowed.
    pub fn router(&self) -> Router {
        api::router(self.api.clone(), Identity::Told(Authenticator::new(&self.admin_token, &self.users)))
    }

    /// A certificate with which a client is `user` with `groups`, and its key, both as PEM. It is valid for a year.
    pub fn client_certificate(&self, user: &str, groups: &[&str]) -> Result<ClientIdentity, Error> {
        Authority::load(&self.data_dir)
            .and_then(|authority| authority.issue(user, groups, self.api.now()))
            .map_err(Error::Serve)
    }

    /// Serves [`Cluster::router`] over TLS on `listener` until the shutdown, and writes a kubeconfig for it that only
    /// its owner can read.
    pub fn serve(&self, listener: TcpListener, kubeconfig: &Path) -> Result<(), Error> {
        let server = listener.local_addr().map_err(Error::Serve)?;
        let certificate = Certificate::load(&self.data_dir).map_err(Error::Serve)?;
        network::write_kubeconfig(kubeconfig, server, &self.admin_token, &certificate)
            .map_err(Error::Serve)?;
        let (router, shutdown) = (self.router(), self.api.shutdown.clone());
        let authority = Authority::load(&self.data_dir).map_err(Error::Serve)?;
        let acceptor = certificate.acceptor(&authority).map_err(Error::Serve)?;
        self.tasks.spawn(network::serve(listener, acceptor, router, self.tasks.clone(), shutdown));
        Ok(())
    }

    /// For controllers in this process; `name` is written into `managedFields`.
    pub fn handle(&self, name: &'static str) -> Handle {
        Handle::new(self.api.clone(), name)
    }

    /// Calls functions; for the gateway and for invocations from inside the platform.
    pub fn activator(&self) -> &knative::Activator {
        &self.activator
    }

    /// Forgets all resource versions but the newest.
    pub fn compact(&self) {
        self.api.registry.compact(self.api.registry.version());
    }

    /// Ends watches and controllers, and waits until everything is on disk.
    pub async fn shutdown(&self) {
        self.api.shutdown.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        let registry = self.api.registry.clone();
        if tokio::task::spawn_blocking(move || registry.close()).await.is_err() {
            tracing::error!("the registry could not be closed");
        }
    }

    fn start_controllers(&self) {
        let shutdown = &self.api.shutdown;
        let handle = |name| self.handle(name);
        self.tasks.spawn(garbage::run(handle("generic-garbage-collector"), shutdown.clone()));
        self.tasks.spawn(namespaces::run(handle("namespace-controller"), shutdown.clone()));
        self.tasks.spawn(definitions::run(handle("crd-finalizer"), shutdown.clone()));
        self.tasks.spawn(names::run(handle("naming-controller"), shutdown.clone()));
        self.tasks.spawn(quotas::run(handle("resourcequota-controller"), shutdown.clone()));
        self.tasks.spawn(root_certificates::run(handle("root-ca-cert-publisher"), shutdown.clone()));
        self.tasks.spawn(roles::run(handle("clusterrole-aggregation-controller"), shutdown.clone()));
        self.tasks.spawn(service_accounts::run(handle("service-account-controller"), shutdown.clone()));
        self.tasks.spawn(compact_regularly(self.api.registry.clone(), shutdown.clone()));
    }

    /// The namespaces that are there in every cluster.
    async fn create_system_namespaces(&self) -> Result<(), Error> {
        let handle = self.handle("cluster");
        for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
            let namespace =
                serde_json::json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            match handle.create(namespace).await {
                Err(error) if error.reason() != "AlreadyExists" => return Err(error.into()),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The key that signs the tokens of service accounts; made at the first start.
fn token_key(folder: &Path) -> std::io::Result<token::Key> {
    let generated = || Ok(rand::rng().random::<[u8; 32]>().to_vec());
    let bytes = network::read_or_create(&folder.join("service-account.key"), generated)?;
    let bytes = bytes.try_into().map_err(|_| std::io::Error::other("the key has not 32 bytes"))?;
    Ok(token::Key::new(bytes))
}

/// Resource versions are remembered for this long and up to twice as long.
const HISTORY: std::time::Duration = std::time::Duration::from_mins(5);

/// Forgets old resource versions, as etcd does for a real server.
async fn compact_regularly(registry: Registry, shutdown: CancellationToken) {
    loop {
        let version = registry.version();
        if shutdown.run_until_cancelled(tokio::time::sleep(HISTORY)).await.is_none() {
            return;
        }
        registry.compact(version);
    }
}
