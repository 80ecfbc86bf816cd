//! What `make` needs beside cargo.
//!
//! * `setup/xtask.sh web [--release]`: wasm, bindings, styles, editor, fonts; hashed and compressed;
//! * `setup/xtask.sh budgets`: fails when a page would weigh more than it may;
//! * `setup/xtask.sh rules`: fails when a crate uses what ARCHITECTURE.md does not allow;
//! * `setup/xtask.sh generate [--check]`: files made from the code, kept in the repository.

mod budgets;
mod bundle;
mod cache;
mod compress;
mod editor;
mod generate;
mod rules;
mod styles;
mod wasm;
mod web;

use std::path::PathBuf;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["web"] => web::build(&root(), false),
        ["web", "--release"] => web::build(&root(), true),
        ["budgets"] => budgets::check(&root()),
        ["rules"] => rules::check(&root()),
        ["generate"] => generate::run(&root(), false),
        ["generate", "--check"] => generate::run(&root(), true),
        _ => bail!("usage: setup/xtask.sh web [--release] | budgets | rules | generate [--check]"),
    }
}

/// The workspace's folder: where `setup/xtask.sh` is, which with a shared target folder need not be the one that
/// this was compiled in.
fn root() -> PathBuf {
    PathBuf::from(".")
}
