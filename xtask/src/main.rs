//! What `make` needs beside cargo.
//!
//! * `cargo xtask web [--release]`: wasm, bindings, styles, editor, fonts; hashed and compressed;
//! * `cargo xtask budgets`: fails when a page would weigh more than it may;
//! * `cargo xtask rules`: fails when a crate uses what ARCHITECTURE.md does not allow;
//! * `cargo xtask generate [--check]`: files made from the code, kept in the repository.

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
        _ => bail!("usage: cargo xtask web [--release] | budgets | rules | generate [--check]"),
    }
}

/// The workspace's folder: the one that `cargo xtask` runs in, which with a shared target folder
/// need not be the one that this was compiled in.
fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.parent().unwrap_or(&here).to_path_buf()
}
