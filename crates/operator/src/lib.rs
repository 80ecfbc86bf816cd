//! The operator: LambdaFunctions into build Jobs and Knative Services, Tenants into guarded namespaces.
//!
//! A reconcile is five steps, two of them pure:
//! [dereference](function) → validate → render → apply → status. The phase is derived for display and
//! never read back as state; every change of it is one status write, with its events in the outbox.
//!
//! # How to add
//! * a field of the custom resource: `function/validate.rs`, then `function/render/*.rs`;
//! * a controller: `src/<kind>.rs` and its five step files, and a line in [`run`].

mod drift;
mod error;
mod function;
mod outbox;
mod settings;
mod story;
mod tenant;

pub use error::{Error, Result};
pub use settings::Settings;

use std::{future::Future, sync::Arc};

use bus::Bus;
use kube::Client;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Runs all controllers and the outbox until `shutdown` is done, then ends them in good order.
pub async fn run(
    client: Client,
    bus: Arc<dyn Bus>,
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<()> {
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let outbox = outbox::Outbox::new(bus.clone());
    tasks.spawn(outbox.clone().run(client.clone(), stop.clone()));
    let (story, writing) = story::story(client.clone(), stop.clone());
    tasks.spawn(writing);
    let (controller, tenants) = tenant::controller(&client);
    tasks.spawn(tenant::run(controller, client.clone(), bus.clone(), stop.clone()));
    tasks.spawn(function::run(client, bus, outbox, story, settings, tenants, stop.clone()));
    shutdown.await;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    Ok(())
}
