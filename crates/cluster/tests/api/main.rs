//! The API over the network: Debian's `kubectl`, and recordings of a real server.

mod kubectl;
mod python;
mod recordings;
mod serving;
