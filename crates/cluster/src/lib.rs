//! A small Kubernetes in one process: API server, registry, workloads and Knative, behind `kube::Client`.
//!
//! | module | what |
//! |---|---|
//! | [`api`] | HTTP: paths, verbs, watches, patches, how refusals are worded |
//! | [`registry`] | objects in all recent versions, kinds, rules, persistence |
//! | [`handle`] | the same verbs for controllers inside the process, without HTTP |
//! | [`knative`] | Knative Serving: Services to Pods, autoscaling, the gateway of the functions |
//! | [`workload`] | the node that runs Pods as sandboxed processes, Jobs, logs, Events |
//!
//! To add a controller: a module with `pub async fn run(handle: Handle, shutdown: CancellationToken)` that is level
//! based and idempotent, and a line in `Cluster::start`.

pub mod api;
mod cluster;
mod controllers;
pub mod handle;
pub mod knative;
mod network;
pub mod registry;
pub mod workload;

pub use api::auth::User;
pub use cluster::{Cluster, Config, Error};
pub use handle::Handle;
pub use network::ClientIdentity;
