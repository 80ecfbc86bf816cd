//! Pages of events.

pub mod detail;
mod export;
mod filter;
mod life;
pub mod list;
pub mod types;
