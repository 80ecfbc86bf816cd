//! Workloads: the node that runs Pods as sandboxed processes, the scheduler, Jobs, logs and Events.
//!
//! | module | what |
//! |---|---|
//! | `pod` | the node: one worker for each Pod |
//! | `image` | image references and images, unpacked from an OCI layout |
//! | `logs` | what containers print, and `pods/{name}/log` |
//! | `job` | the Job controller |
//! | `scheduler`, `node`, `event` | binding, the Node object, core Events |

mod config;
mod event;
mod image;
mod job;
pub(crate) mod logs;
mod node;
mod pod;
mod scheduler;

use std::path::Path;
use std::sync::Arc;

use tokio_util::task::TaskTracker;

use crate::api::status::{ApiError, ApiResult};
use crate::handle::Handle;
use image::Images;

pub use config::{Config, HostImage};
pub use logs::Logs;

/// Starts the node, the scheduler and the Job controller. They end when the API's shutdown token is
/// cancelled; `tasks` then waits for their processes, which get ten seconds.
pub(crate) async fn start(
    node_handle: Handle,
    job_handle: Handle,
    config: Config,
    data: &Path,
    tasks: &TaskTracker,
) -> ApiResult<()> {
    let stop = node_handle.api().shutdown.clone();
    node::register(&node_handle, &config.node_name).await?;
    let (events, writing) = event::recorder(node_handle.clone(), stop.clone());
    tasks.spawn(writing);
    let images = Images::open(&config.layout, data.join("images"));
    let images = images.map_err(|error| ApiError::internal(error.to_string()))?;
    tasks.spawn(images.clone().sweep_regularly(config.image_sweep, stop.clone()));
    let shared = pod::Shared::new(
        node_handle.clone(),
        node_handle.resource("", "pods")?,
        Arc::new(config),
        images,
        node_handle.api().logs.clone(),
        events.clone(),
        tasks.clone(),
        stop.clone(),
        data.join("pods"),
    );
    tasks.spawn(pod::run(shared));
    tasks.spawn(job::run(job_handle, events, stop));
    Ok(())
}
