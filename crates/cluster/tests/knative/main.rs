//! Knative Serving in process, through `kube::Client` and the gateway, as its callers see it.

#![expect(clippy::unwrap_used, reason = "a test stops where something is missing")]

mod node;
mod process;
mod recordings;
mod serving;
