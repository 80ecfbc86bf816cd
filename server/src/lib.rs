//! The binary: subcommands, configuration, wiring, and everything that speaks HTTP to people and scripts.
//!
//! # Where things are
//! [`config`] the only reader of the environment; [`wiring`] the only chooser of backends; `auth` who is
//! signed in; `rest` the JSON API; `ingress` events; `live` the stream to browsers.

// The document of the API is one `json!` with a line per schema.
#![recursion_limit = "256"]

mod assets;
mod auth;
mod builder_command;
pub mod cli;
mod commands;
pub mod config;
mod data_folder;
mod error;
mod extract;
mod gateway;
mod health;
mod image_store;
mod ingress;
mod live;
mod problem;
mod problem_page;
mod public;
mod rest;
mod router;
mod source_trial;
mod state;
mod streams;
mod uploads;
pub mod wiring;

pub use error::{Error, Result};
