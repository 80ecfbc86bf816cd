//! The product in process, through HTTP: one binary, a file per noun.

mod auth;
mod dead_letters;
mod events;
mod functions;
mod harness;
mod journey;
mod live;
mod process;
mod uploads;
