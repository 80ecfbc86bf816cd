//! What a browser tells: the weight of the first page, and how the log viewer scrolls.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::{
    TenantName, Timestamp,
    log::{Level, LogTarget, Stream},
};
use serde_json::{Value, json};
use store::{LogLimits, NewLine};

use crate::{lists::database, platform::Platform, report::Report};

const LINES: usize = 100_000;
/// Chromium counts what keeps it from drawing for longer.
const LONG_MS: f64 = 50.0;
/// The log viewer is scrolled through this often; the median counts.
const PASSES: usize = 5;

pub(crate) async fn measure(binary: &Path, report: &mut Report) -> Result<()> {
    let platform = Platform::start(binary).await?;
    let spec = json!({
        "source": {"type": "inline", "inline": {"code": "def handler(event):\n    return event\n"}},
        "runtime": {"language": "python"},
    });
    platform.create("wordy", spec).await?;
    platform.first_answer("wordy").await?;
    first_page(&platform, report).await?;
    let data = platform.stop()?;
    fill(data.path()).await?;
    let platform = Platform::start_in(binary, data).await?;
    log_viewer(&platform, report).await
}

async fn first_page(platform: &Platform, report: &mut Report) -> Result<()> {
    let found = ask("first-page.mjs", &[&platform.link]).await?;
    let bytes = found["bytes"].as_f64().context("bytes")?;
    report.add(
        "first page, cold cache, compressed, all files",
        format!("{:.0} kB", bytes / 1e3),
        format!("{} files, as counted by Chromium, headers included", found["files"]),
        "200 kB",
        bytes <= 200e3,
    );
    Ok(())
}

async fn log_viewer(platform: &Platform, report: &mut Report) -> Result<()> {
    let url = format!("{}/t/default/functions/wordy/logs", platform.base);
    let found =
        ask("log-viewer.mjs", &[&platform.link, &url, &LINES.to_string(), &PASSES.to_string()]).await?;
    let longest = found["longest"].as_f64().context("longest")?;
    report.add(
        "log viewer with 100,000 lines: longest task while scrolling",
        format!("{longest:.0} ms"),
        format!(
            "median of {PASSES} passes: {}; {} long tasks in all; {} rows in the document; while loading all: {} ms",
            found["passes"], found["longTasks"], found["rows"], found["whileLoading"]
        ),
        "50 ms",
        longest <= LONG_MS,
    );
    Ok(())
}

/// Runs a script of `bench/browser` and reads the JSON that it prints.
async fn ask(script: &str, arguments: &[&str]) -> Result<Value> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let output = tokio::process::Command::new("node")
        .arg(folder.join("browser").join(script))
        .args(arguments)
        .kill_on_drop(true)
        .output()
        .await
        .context("node is needed for the browser")?;
    if !output.status.success() {
        bail!("{script}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Lines as the collector keeps them, while nobody else has the file open; in place of the few there are.
async fn fill(data: &Path) -> Result<()> {
    let store = store::open(&format!("sqlite:{}", database(data)?.display())).await?;
    let tenant: TenantName = "default".parse()?;
    let target = LogTarget::Function("wordy".parse()?);
    let start = Timestamp::from_millis(1_760_000_000_000);
    store.delete_log(&tenant, &target).await?;
    let line = |number: usize| NewLine {
        at: start.plus_millis(number as i64 * 10),
        stream: Stream::Stdout,
        level: if number.is_multiple_of(50) { Level::Warn } else { Level::Info },
        text: format!(
            "line {number}: handled a request of a customer, {} of them so far",
            "order ".repeat(number % 12)
        ),
        group: Some("wordy-00001".to_owned()),
        correlation: None,
    };
    for begin in (0..LINES).step_by(5_000) {
        let lines: Vec<_> = (begin..begin + 5_000).map(line).collect();
        store.append_log(&tenant, &target, &lines, None, LogLimits::default()).await?;
    }
    store.close().await;
    Ok(())
}
