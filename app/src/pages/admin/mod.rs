//! Pages of administrators: all tenants at once.

pub mod audit;
pub mod overview;
