//! Pages of a tenant itself.

pub mod audit;
pub mod members;
