//! What a caller may do, and what it means: one file per noun, permission checks here and only here.
//!
//! Every method takes the [`Caller`](domain::identity::Caller) and the tenant, checks the permission
//! first, and fails with an [`Error`] that is exactly one [`domain::Problem`].
//!
//! # How to add a method
//! The type in `domain` if it is new; the method in `<noun>.rs`; then `app/src/api/<noun>.rs` and
//! `server/src/rest/<noun>.rs` call it.

mod access;
mod acts;
mod audit;
mod build_pods;
mod build_rows;
mod builds;
mod cache;
mod collector;
mod commands;
mod dead_letters;
mod detail;
mod dispatcher;
mod error;
mod events;
mod functions;
mod gateway;
mod health;
mod images;
mod invocations;
mod life;
mod limits;
mod live;
mod logs;
mod manifest;
mod members;
mod overview;
mod preferences;
mod preflight;
mod preview;
mod recorder;
mod redaction;
mod retention;
mod runtimes;
mod saved_tests;
mod search;
mod secrets;
mod sessions;
mod settings_form;
mod source;
mod source_access;
mod summary;
mod tenant_index;
mod tenants;
mod triggers;
mod uploads;
mod validate;
mod views;

use std::sync::Arc;

use domain::{Clock, Timestamp, function::RuntimeOption};
use tokio_util::sync::CancellationToken;

pub use audit::nobody;
pub use error::{Error, Result};
pub use gateway::{Answer, AnswerBody, CallTag, Facts, Gateway, ObservedCall};
pub use images::adopt_images;
pub use limits::{Limits, Rate};
pub use logs::LogUpdate;
pub use manifest::PatchKind;
pub use preflight::ImageStore;
pub use retention::Retention;
pub use source::Download;
pub use source_access::SourceTrial;
pub use uploads::MOST_BYTES as UPLOAD_BYTES;

/// What the platform is told at start.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What people put before `<tenant>/<function>/` to call a function: `http://127.0.0.1:3001`.
    pub gateway_url: String,
    /// Languages, and whether they can be used here.
    pub runtimes: Vec<RuntimeOption>,
    /// Where people sign in with an identity provider, when they do.
    pub sign_in: Option<String>,
}

/// The backends, chosen by the wiring.
#[derive(Clone)]
pub struct Ports {
    /// The cluster.
    pub kube: kube::Client,
    /// Rows.
    pub store: Arc<dyn store::Store>,
    /// Events in motion.
    pub bus: Arc<dyn bus::Bus>,
    /// Uploaded archives.
    pub storage: storage::Storage,
    /// Calls functions.
    pub gateway: Arc<dyn Gateway>,
    /// Where builds put images.
    pub images: Arc<dyn ImageStore>,
    /// Tries out where code comes from.
    pub sources: Arc<dyn SourceTrial>,
    /// Where the present comes from.
    pub clock: Arc<dyn Clock>,
}

/// Everything that pages, API and background tasks do; cheap to clone.
#[derive(Clone)]
pub struct Platform {
    inner: Arc<Inner>,
}

struct Inner {
    ports: Ports,
    settings: Settings,
    cache: cache::Cache,
    live: live::Live,
    limits: Limits,
    health: health::Health,
    announced: invocations::Announced,
    replays: dead_letters::Replays,
    denials: audit::Denials,
    build_lock: tokio::sync::Mutex<()>,
    archive_places: tokio::sync::Semaphore,
    trial_places: tokio::sync::Semaphore,
}

impl Platform {
    /// The platform over its backends; [`Self::run_cache`] must run for it to see the cluster.
    pub fn new(ports: Ports, settings: Settings) -> Self {
        let live = live::Live::new(ports.clock.now());
        let inner = Inner {
            ports,
            settings,
            cache: cache::Cache::default(),
            live,
            limits: Limits::default(),
            health: health::Health::default(),
            announced: invocations::Announced::default(),
            replays: dead_letters::Replays::default(),
            denials: audit::Denials::default(),
            build_lock: tokio::sync::Mutex::default(),
            archive_places: tokio::sync::Semaphore::new(uploads::AT_ONCE),
            trial_places: tokio::sync::Semaphore::new(source_access::AT_ONCE),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Keeps the cache in step with the cluster until `stop`; `ready` resolves after the first lists.
    pub async fn run_cache(self, stop: CancellationToken) {
        Box::pin(cache::run(self, stop)).await;
    }

    /// Waits until the cache has seen the cluster once.
    pub async fn ready(&self) {
        self.inner.cache.ready().await;
    }

    /// The buckets, for those who limit what is not a method: sign-in, requests as such.
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// Where people sign in with an identity provider; none: by local links.
    pub fn sign_in(&self) -> Option<&str> {
        self.inner.settings.sign_in.as_deref()
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.inner.ports.clock.now()
    }

    pub(crate) fn kube(&self) -> &kube::Client {
        &self.inner.ports.kube
    }

    pub(crate) fn store(&self) -> &dyn store::Store {
        &*self.inner.ports.store
    }

    pub(crate) fn storage(&self) -> &storage::Storage {
        &self.inner.ports.storage
    }

    pub(crate) fn archive_places(&self) -> &tokio::sync::Semaphore {
        &self.inner.archive_places
    }

    pub(crate) fn trial_places(&self) -> &tokio::sync::Semaphore {
        &self.inner.trial_places
    }

    pub(crate) fn sources(&self) -> &dyn SourceTrial {
        &*self.inner.ports.sources
    }

    pub(crate) fn bus(&self) -> &dyn bus::Bus {
        &*self.inner.ports.bus
    }

    pub(crate) fn gateway(&self) -> &dyn Gateway {
        &*self.inner.ports.gateway
    }

    pub(crate) fn images(&self) -> &dyn ImageStore {
        &*self.inner.ports.images
    }

    pub(crate) fn announced(&self) -> &invocations::Announced {
        &self.inner.announced
    }

    pub(crate) fn replays(&self) -> &dead_letters::Replays {
        &self.inner.replays
    }

    pub(crate) fn health(&self) -> &health::Health {
        &self.inner.health
    }

    pub(crate) fn denials(&self) -> &audit::Denials {
        &self.inner.denials
    }

    pub(crate) fn build_lock(&self) -> &tokio::sync::Mutex<()> {
        &self.inner.build_lock
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    pub(crate) fn cache(&self) -> &cache::Cache {
        &self.inner.cache
    }

    pub(crate) fn live(&self) -> &live::Live {
        &self.inner.live
    }
}
