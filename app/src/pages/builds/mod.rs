//! Pages of builds.

pub mod detail;
pub mod list;
