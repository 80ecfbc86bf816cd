//! What the platform says about itself: log lines and metrics.
//!
//! * [`start_logs`] once in `main`: text on a terminal, JSON otherwise, on stderr;
//! * [`start_metrics`] once in `main`; its [`MetricsHandle::render`] is the body of `/metrics`;
//! * [`metric`] holds the names of platform.md section 8, for the `metrics` macros.

mod logs;
pub mod metric;
mod metrics_handle;

pub use logs::{LogFormat, start_logs};
pub use metrics_handle::{MetricsHandle, start_metrics};

/// Why telemetry did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The level filter is not one.
    #[error("The log filter \"{0}\" is not valid; for example: info, or info,kube=warn.")]
    Filter(String),
    /// Started before in this process.
    #[error("The {0} were started twice in one process.")]
    Twice(&'static str),
}
