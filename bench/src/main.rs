//! `make bench`: the figures of docs/benchmarks.md, as ratios taken in one run against the release binary.
//!
//! Usage: `bench <binary>`. Each figure says what it was compared with; nothing here is a test.

mod calls;
mod deploy;
mod lists;
mod platform;
mod report;
mod start;

use std::path::PathBuf;

use anyhow::{Context, Result};

#[tokio::main]
async fn main() -> Result<()> {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .ok()
        .context("the TLS provider is set once")?;
    let binary =
        std::env::args().nth(1).map(PathBuf::from).context("usage: bench <knative-lambda binary>")?;
    let mut report = report::Report::default();
    start::measure(&binary, &mut report).await?;
    deploy::measure(&binary, &mut report).await?;
    calls::measure(&binary, &mut report).await?;
    lists::measure(&binary, &mut report).await?;
    println!("{report}");
    Ok(())
}
