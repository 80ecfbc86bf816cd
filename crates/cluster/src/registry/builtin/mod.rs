//! builtin
pub mod schemas;
