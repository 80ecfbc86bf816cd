//! `x-kubernetes-validations`: rules in the Common Expression Language over the fields of a schema.
//!
//! Rules are compiled with their schema, and evaluated on values that borrow the object's text. A new
//! function of the Kubernetes libraries goes into a file of `functions`.

mod check;
mod convert;
mod environment;
mod evaluate;
mod functions;
mod rules;

pub use evaluate::evaluate;
pub use rules::{Rules, compile_error};

#[cfg(test)]
mod tests;
