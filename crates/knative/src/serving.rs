//! Knative Serving (`serving.knative.dev/v1`): Service, Configuration, Revision, Route.

pub mod annotation;
mod configuration;
mod revision;
mod route;
mod service;
mod traffic;

pub use configuration::{Configuration, ConfigurationSpec, ConfigurationStatus};
pub use revision::{ContainerStatus, Revision, RevisionSpec, RevisionStatus, RevisionTemplate};
pub use route::{Route, RouteSpec, RouteStatus};
pub use service::{Service, ServiceSpec, ServiceStatus};
pub use traffic::{Addressable, TrafficTarget};
