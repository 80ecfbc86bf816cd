//! Builds for real: pip and npm against their registries, images in a layout, the wrappers started.

#![expect(clippy::unwrap_used, reason = "also in the functions that tests share")]

mod builds;
mod cancel;
mod dependencies;
mod function;
mod git;
mod git_server;
mod git_ssh;
mod harness;
mod hostile;
mod nodejs;
mod object;
mod python;
