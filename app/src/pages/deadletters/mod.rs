//! Pages of dead letters.

pub mod detail;
pub mod discard;
pub mod edit;
mod filter;
pub mod job;
pub mod list;
pub mod replay;
