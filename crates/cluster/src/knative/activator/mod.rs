//! The activator: every request of a function goes through it. It picks the Revision, wakes it from
//! zero, holds the request while a Pod starts, keeps the limit of requests per Pod, and passes bodies on
//! as they come. Nothing here asks the API server; the controllers feed the table and the backends.

mod backend;
mod body;
mod call;
mod connection;
mod forward;
mod headers;
mod load;
mod problem;
mod record;
mod slot;
mod table;
mod upgrade;

pub use call::{Call, ColdReason, ColdStart, Facts, Observer, Outcome, Tag};
pub use forward::Activator;

pub(super) use backend::{Backend, Settings};
pub(super) use headers::correlation_id;
pub(super) use problem::Problem;
pub(super) use table::{Table, Target};
