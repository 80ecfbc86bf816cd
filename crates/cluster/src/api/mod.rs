//! The HTTP API: paths, media types, verbs, and how answers are worded.
//!
//! A request goes through `server` (who is it, which resource, which verb, may they) to one file of `verbs`. The
//! pure steps of a write live elsewhere: `patch` and `apply` make the new object, `registry::{schema, builtin}` give
//! it defaults and check it, `registry::admission` lets it in, and `apply` writes down who owns which field.

pub mod apply;
pub mod auth;
mod decode;
pub mod discovery;
mod media;
pub mod openapi;
pub mod patch;
pub mod path;
mod query;
mod reviews;
mod scale;
mod server;
pub mod status;
pub mod table;
pub mod token;
pub mod verbs;
mod view;
mod warnings;
mod watch;

use std::sync::Arc;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::registry::Registry;
use crate::workload::Logs;

pub use query::{DeleteOptions, FieldValidation, Propagation, WriteOptions};
pub use server::{Identity, router};
pub use warnings::Warnings;

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What every verb needs. Clones share it.
#[derive(Clone)]
pub struct Api {
    pub registry: Registry,
    pub clock: Clock,
    /// Signs the tokens of service accounts.
    pub token_key: token::Key,
    /// What containers print.
    pub logs: Logs,
    /// Ends open watches.
    pub shutdown: CancellationToken,
}

impl Api {
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }
}
