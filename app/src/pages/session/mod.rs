//! Pages around the session.

pub mod not_found;
pub mod preferences;
pub mod signed_out;
