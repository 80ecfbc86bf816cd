//! Pages of events.

pub mod detail;
mod filter;
pub mod list;
