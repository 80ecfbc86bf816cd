//! Chooses the backends, starts everything in order, and ends it in order. One line per task.

mod builder_cache;
pub(crate) mod cluster_setup;
pub(crate) mod shutdown;

use std::{
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::Router;
use bus::{Bus, QueueSpec};
use domain::{Clock, SystemClock};
use platform::{Platform, Ports, Retention, Settings};
use sandbox::{Launcher, Toolchain};
use store::Store;
use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    Error, Result, assets,
    auth::{local, oidc::Oidc},
    cli,
    config::{self, Config},
    data_folder::DataFolder,
    gateway::{self, Embedded, Observer},
    image_store::LayoutFolder,
    public, router,
    source_trial::Trial,
    state::AppState,
    streams::Streams,
};

/// Observed calls that may wait to be kept; beyond it they are dropped.
const CALLS_WAITING: usize = 10_000;
/// How long requests may go on after a stop was asked for.
const DRAIN: Duration = Duration::from_secs(10);
/// Name that stands for this very program as an image.
const OWN_IMAGE: &str = "knative-lambda";

/// A platform that runs.
pub struct Running {
    /// Dashboard and API.
    pub address: SocketAddr,
    /// Where functions are called.
    pub gateway: SocketAddr,
    /// The Kubernetes API.
    pub kubernetes: SocketAddr,
    /// The administrator's bearer token.
    pub admin_token: String,
    /// A sign-in link that nobody used yet.
    pub link: String,
    /// The cluster.
    pub client: kube::Client,
    stop: CancellationToken,
    http: TaskTracker,
    tasks: TaskTracker,
    cluster: cluster::Cluster,
    bus: Arc<dyn Bus>,
    store: Arc<dyn Store>,
    _folder: DataFolder,
}

/// Runs until SIGTERM or SIGINT.
pub async fn serve(config: Config) -> Result<()> {
    let began = Instant::now();
    let program = std::env::current_exe().map_err(|error| Error::Part {
        what: "the platform",
        cause: format!("its own program is not known: {error}"),
    })?;
    let signal = shutdown::signal()?;
    let running = start(&config, program).await?;
    println!("{}", running.link);
    tracing::info!(
        ready.milliseconds = began.elapsed().as_millis() as u64,
        listen = %running.address,
        gateway = %running.gateway,
        kubernetes = %running.kubernetes,
        "ready"
    );
    signal.await;
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}

/// Starts the platform; `program` is the executable with the hidden subcommands.
pub async fn start(config: &Config, program: PathBuf) -> Result<Running> {
    refuse_other_backends(config)?;
    public::refuse_without_sign_in(config)?;
    let folder = DataFolder::open(&config.data_dir)?;
    let listener = listen(config.listen, "KL_LISTEN").await?;
    let gateway_listener = listen(config.gateway_listen, "KL_GATEWAY_LISTEN").await?;
    let cluster_listener = listen(config.cluster_listen, "KL_CLUSTER_LISTEN").await?;
    let (address, gateway, kubernetes) =
        (local(&listener)?, local(&gateway_listener)?, local(&cluster_listener)?);
    let config =
        &Config { listen: address, gateway_listen: gateway, cluster_listen: kubernetes, ..config.clone() };
    let admin_token = folder.admin_token()?;
    let oidc = Oidc::new(config)?;

    let path = config::search_path();
    let (store, bus, launcher, toolchain) = tokio::join!(
        open_store(config, folder.path()),
        bus::open(&config.bus_url, folder.path()),
        Launcher::new(program.clone(), [cli::SANDBOX]),
        Toolchain::discover(&path),
    );
    let (store, bus) = (store?, bus.map_err(|error| Error::part("the event bus")(&error))?);
    public::refuse_without_sandbox(config, &launcher.capabilities().missing())?;
    for missing in launcher.capabilities().missing() {
        tracing::warn!("the sandbox is not complete: {missing}");
    }
    let first = launcher.clone();
    let storage = open_storage(&storage_url(config, &folder)?).await?;
    let version = |found: &Option<sandbox::Interpreter>| found.as_ref().map(|found| found.version.clone());
    let options = runtimes::options(&runtimes::Found {
        python: version(&toolchain.python),
        nodejs: version(&toolchain.node),
    });
    let trial = Trial::new(config, program.clone(), path, &launcher, &toolchain);
    let parts = cluster_setup::Parts {
        config,
        folder: &folder,
        program,
        launcher,
        toolchain,
        admin_token: &admin_token,
    };
    let cluster_setup::Started { cluster, operator: operator_settings, images } =
        cluster_setup::start(parts).await?;
    let client = cluster.client();

    let stop = CancellationToken::new();
    let (http, tasks) = (TaskTracker::new(), TaskTracker::new());
    // The start does not wait for what only the first call of a function needs.
    tasks.spawn(async move { first.keep_prepared().await });
    let ports = Ports {
        kube: client.clone(),
        store: store.clone(),
        bus: bus.clone(),
        storage: storage.clone(),
        gateway: Arc::new(Embedded(cluster.activator().clone())),
        images: Arc::new(LayoutFolder(images.root().to_owned())),
        sources: Arc::new(trial),
        clock: Arc::new(SystemClock),
    };
    let settings = Settings {
        gateway_url: config.gateway_url(),
        runtimes: options,
        sign_in: oidc.is_some().then(|| "/auth/login".to_owned()),
    };
    // Before anybody publishes: what no queue is there for is gone.
    if let Err(error) = bus.declare(QueueSpec::timeline()).await {
        tracing::warn!(%error, "the timeline's queue is not there yet");
    }
    let platform = Platform::new(ports, settings);
    let (calls, observed) = mpsc::channel(CALLS_WAITING);
    cluster.activator().observe(Arc::new(Observer(calls)));
    tasks.spawn(platform.clone().run_cache(stop.clone()));
    tasks.spawn(platform.clone().run_health(stop.clone()));
    tasks.spawn(operate(client.clone(), bus.clone(), operator_settings, stop.clone()));
    // What follows asks the cache whose an event, an upload or a log is: it must have seen the cluster.
    platform.ready().await;
    tasks.spawn(platform.clone().run_audit(stop.clone()));
    tasks.spawn(platform.clone().run_recorder(stop.clone()));
    tasks.spawn(platform.clone().run_collector(stop.clone()));
    tasks.spawn(platform.clone().run_dispatcher(stop.clone()));
    tasks.spawn(platform.clone().run_dead_letters(stop.clone()));
    tasks.spawn(platform.clone().run_replays(stop.clone()));
    tasks.spawn(platform.clone().run_commands(stop.clone()));
    tasks.spawn(platform.clone().run_schedules(stop.clone()));
    tasks.spawn(platform.clone().run_upload_sweeper(stop.clone()));
    tasks.spawn(platform.clone().run_retention(retention(config), stop.clone()));
    if let Some(hours) = NonZeroU32::new(config.keep_unused_images_hours) {
        let age = Duration::from_hours(hours.get().into());
        tasks.spawn(platform.clone().run_image_sweeper(images, age, stop.clone()));
    }
    if let Some(mib) = NonZeroU32::new(config.dependency_cache_mib) {
        let budget = u64::from(mib.get()) << 20;
        tasks.spawn(builder_cache::prune_dependencies(folder.folder("cache")?, budget, stop.clone()));
    }
    tasks.spawn(platform.clone().run_calls(observed, stop.clone()));

    let state = AppState {
        platform: platform.clone(),
        store: store.clone(),
        admin_token: admin_token.as_str().into(),
        oidc: oidc.map(Arc::new),
        https: config.public_url().starts_with("https:"),
        requests_per_minute: config.requests_per_minute,
        streams: Streams::new(config.streams_per_session, config.streams),
        stop: stop.clone(),
        metrics: metrics(),
    };
    let gateway_router =
        cluster::knative::gateway_router(cluster.activator().clone(), &config.gateway_domain);
    let gateway_router = gateway::guard(gateway_router, platform.clone(), &config.gateway_domain);
    http.spawn(shutdown::serve(listener, router::router(state, pages(platform, config)?), stop.clone()));
    http.spawn(shutdown::serve(gateway_listener, gateway_router, stop.clone()));
    cluster
        .serve(cluster_listener, &folder.path().join("kubeconfig"))
        .map_err(|error| Error::part("the Kubernetes API")(&error))?;
    let link = local::new_link(&*store, &config.public_url(), local::administrator(), SystemClock.now())
        .await
        .map_err(|error| Error::part("sign-in")(&error))?;
    Ok(Running {
        address,
        gateway,
        kubernetes,
        admin_token,
        link,
        client,
        stop,
        http,
        tasks,
        cluster,
        bus,
        store,
        _folder: folder,
    })
}

impl Running {
    /// Ends everything in order: doors, work, cluster, bus, rows.
    pub async fn stop(self) {
        self.stop.cancel();
        self.http.close();
        if tokio::time::timeout(DRAIN, self.http.wait()).await.is_err() {
            tracing::warn!("some requests did not end in time and were cut off");
        }
        self.tasks.close();
        if tokio::time::timeout(DRAIN, self.tasks.wait()).await.is_err() {
            tracing::warn!(
                "some tasks did not end in time; what they did is done again after the next start"
            );
        }
        self.cluster.shutdown().await;
        self.bus.close().await;
        self.store.close().await;
    }
}

/// Rows: the given URL, or a file in the data folder.
pub(crate) async fn open_store(config: &Config, folder: &Path) -> Result<Arc<dyn Store>> {
    let url = match config.database_url.as_str() {
        "" => format!("sqlite:{}", folder.join("rows.db").display()),
        url => url.to_owned(),
    };
    store::open(&url).await.map_err(|error| match error {
        store::Error::Full => Error::DiskFull(folder.to_owned()),
        store::Error::Unsupported(sentence) => Error::Config(sentence),
        other => Error::part("the database")(&other),
    })
}

/// Uploads: the given URL, or a folder in the data folder.
fn storage_url(config: &Config, folder: &DataFolder) -> Result<String> {
    match config.storage_url.as_str() {
        "" => Ok(format!("file:{}", folder.folder("files")?.display())),
        url => Ok(url.to_owned()),
    }
}

async fn open_storage(url: &str) -> Result<storage::Storage> {
    let failed = |error: storage::Error| match error {
        storage::Error::Url(sentence) => Error::Config(sentence),
        other => Error::part("the file storage")(&other),
    };
    let storage = storage::open(url).map_err(failed)?;
    // Halves of uploads that a killed server left behind.
    storage.sweep().await.map_err(failed)?;
    Ok(storage)
}

fn refuse_other_backends(config: &Config) -> Result<()> {
    if config.cluster == "embedded" {
        return Ok(());
    }
    Err(Error::Config(format!(
        "KL_CLUSTER has the value \"{}\"; this version knows \"embedded\" only.",
        config.cluster
    )))
}

async fn listen(address: SocketAddr, variable: &'static str) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Error::PortInUse { address, variable },
        _ => Error::Config(format!("{variable} has the value {address}, which can not be used: {error}.")),
    })
}

fn local(listener: &TcpListener) -> Result<SocketAddr> {
    listener.local_addr().map_err(|error| Error::part("the network")(&error))
}

fn retention(config: &Config) -> Retention {
    let days = |days: u32| (days > 0).then(|| Duration::from_hours(24 * u64::from(days)));
    Retention {
        events: days(config.keep_events_days),
        calls: days(config.keep_calls_days),
        build_logs: days(config.keep_build_logs_days),
    }
}

async fn operate(
    client: kube::Client,
    bus: Arc<dyn Bus>,
    settings: operator::Settings,
    stop: CancellationToken,
) {
    if let Err(error) = operator::run(client, bus, settings, stop.cancelled_owned()).await {
        tracing::error!(%error, "the operator ended");
    }
}

/// Figures are of the process, so a second platform in it (in tests) shares them.
fn metrics() -> telemetry::MetricsHandle {
    static HANDLE: std::sync::OnceLock<telemetry::MetricsHandle> = std::sync::OnceLock::new();
    HANDLE.get_or_init(|| telemetry::start_metrics().expect("it is started here only, and once")).clone()
}

fn pages(platform: Platform, config: &Config) -> Result<Router> {
    let assets = app::assets::Assets::from_manifest(&assets::manifest())
        .map_err(|error| Error::part("the web part")(&error))?;
    Ok(app::router::router(platform, assets, app::session::BuildLogsKept(retention(config).build_logs)))
}
