//! Knative Serving in process: Services become Configurations, Routes, Revisions and Pods, and requests
//! reach them through the activator, which starts Pods on demand.

pub mod activator;
pub(crate) mod admission;
mod autoscaler;
mod condition;
mod config;
mod configuration;
mod controller;
mod gateway;
mod hub;
mod kinds;
mod labels;
mod pod;
mod queue;
mod revision;
mod revision_step;
mod route;
mod routing;
mod scaler;
mod scaling;
mod service;
mod serving;
mod watch;

pub use activator::{Activator, Call, ColdReason, ColdStart, Facts, Observer, Outcome, Tag};
pub use config::Config;
pub use gateway::{called_namespace, gateway_router};
pub(crate) use serving::start;
