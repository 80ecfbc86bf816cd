//! Every type that crosses a wire, once: browser ↔ server, custom resource, event, row.
//!
//! Pure: no async, no I/O, compiles to wasm32. The kube and schemars derives are behind the
//! feature `kube`, which the browser's build leaves out.
//!
//! # How to add
//! * a field of the custom resource: `function/<part>.rs`, then `operator/src/function/validate.rs`
//!   and `render/*.rs`; regenerate the CRDs with `make generate`;
//! * an event type: a variant in [`event::EventType`], its payload in `event/<category>.rs`.

pub mod audit;
pub mod build;
pub mod deadletter;
pub mod event;
pub mod function;
pub mod health;
pub mod identity;
pub mod invocation;
pub mod live;
pub mod log;
pub mod name;
pub mod page;
pub mod preflight;
pub mod problem;
pub mod session;
pub mod tenant;
pub mod time;
pub mod view;

pub use name::{BuildId, CorrelationId, FunctionName, InvalidName, TenantName};
pub use page::{Cursor, Page};
pub use problem::{FieldError, Problem};
pub use time::{Clock, SystemClock, Timestamp};
