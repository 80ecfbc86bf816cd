//! Knative Serving in process: Services become Configurations, Routes, Revisions and Pods, and requests
//! reach them through the activator, which starts Pods on demand.

pub mod activator;
mod autoscaler;
mod condition;
mod config;
mod configuration;
mod gateway;
mod go_duration;
mod pod;
mod revision;
mod route;
mod scaling;
mod service;

pub use activator::{Activator, Call, ColdReason, ColdStart, Facts, Observer, Outcome};
pub use config::Config;
pub use gateway::gateway_router;
