//! `make bench`: the figures of docs/benchmarks.md, taken from a release binary, each compared in the same run.
//!
//! Usage: `bench <binary> [part…]`, where a part is one of [`PARTS`]; without any, all. Ends with 1 when a
//! figure is over its limit. To add one: a file with `measure`, and a line in `part`.

mod browser;
mod calls;
mod deploy;
mod hand;
mod kubernetes;
mod lists;
mod platform;
mod rebuild;
mod report;
mod start;
mod wire;

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context, Result, bail};

use crate::report::Report;

/// In the order of the table.
const PARTS: [&str; 6] = ["deploy", "calls", "rebuild", "lists", "start", "browser"];

#[tokio::main]
async fn main() -> Result<ExitCode> {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .ok()
        .context("the TLS provider is set once")?;
    let mut arguments = std::env::args().skip(1);
    let binary =
        arguments.next().map(PathBuf::from).context("usage: bench <knative-lambda binary> [part…]")?;
    let chosen: Vec<String> = arguments.collect();
    if let Some(unknown) = chosen.iter().find(|name| !PARTS.contains(&name.as_str())) {
        bail!("there is no part {unknown}; the parts are {}", PARTS.join(", "));
    }
    let mut report = Report::default();
    for name in PARTS.into_iter().filter(|name| chosen.is_empty() || chosen.iter().any(|one| one == name)) {
        eprintln!("bench: {name}");
        // One part that can not be measured must not hide the others; it counts as not met.
        if let Err(error) = part(name, &binary, &mut report).await {
            report.broken(name, &error);
        }
    }
    println!("{report}");
    Ok(if report.is_met() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn part(name: &str, binary: &std::path::Path, report: &mut Report) -> Result<()> {
    match name {
        "deploy" => Box::pin(deploy::measure(binary, report)).await,
        "calls" => Box::pin(calls::measure(binary, report)).await,
        "rebuild" => Box::pin(rebuild::measure(binary, report)).await,
        "lists" => Box::pin(lists::measure(binary, report)).await,
        "start" => Box::pin(start::measure(binary, report)).await,
        _ => Box::pin(browser::measure(binary, report)).await,
    }
}
