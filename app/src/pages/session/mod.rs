//! Pages around the session.

pub mod not_found;
pub mod preferences;
mod sessions;
pub mod signed_out;
