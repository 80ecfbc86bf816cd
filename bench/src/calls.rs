//! Warm calls through the gateway against the function's process directly.

use std::{path::Path, time::Instant};

use anyhow::{Context, Result};
use serde_json::json;

use crate::{
    platform::Platform,
    report::{Report, median},
};

const CALLS: usize = 1_000;
const AT_ONCE: usize = 8;

pub(crate) async fn measure(binary: &Path, report: &mut Report) -> Result<()> {
    let platform = Platform::start(binary).await?;
    let spec = json!({
        "source": {"type": "inline", "inline": {"code": "exports.handler = (event) => event;"}},
        "runtime": {"language": "nodejs"},
        "scaling": {"minReplicas": 1, "maxReplicas": 1, "containerConcurrency": 0},
    });
    platform.create("warm", spec).await?;
    platform.first_answer("warm").await?;
    let direct = format!("http://127.0.0.1:{}/", process_port(platform.data.path())?);
    let gateway = format!("{}/default/warm/", platform.gateway);
    // Alternating, so that both see the same machine.
    let (mut by_gateway, mut by_hand) = (Vec::new(), Vec::new());
    for _ in 0..CALLS {
        by_gateway.push(once(&platform, &gateway).await?);
        by_hand.push(once(&platform, &direct).await?);
    }
    let (gateway_ms, direct_ms) = (median(&mut by_gateway), median(&mut by_hand));
    report.add(
        "added by the gateway to a warm call",
        format!("{:.2} ms", gateway_ms - direct_ms),
        format!("directly {direct_ms:.2} ms, median of {CALLS}"),
        "0.5 ms",
    );
    let (through, straight) = (throughput(&platform, &gateway).await?, throughput(&platform, &direct).await?);
    report.add(
        "throughput through the gateway",
        format!("{through:.0}/s = {:.0} %", 100.0 * through / straight),
        format!("directly {straight:.0}/s, {AT_ONCE} at once"),
        "at least 50 %",
    );
    Ok(())
}

async fn once(platform: &Platform, url: &str) -> Result<f64> {
    let began = Instant::now();
    platform.http.post(url).json(&json!({"n": 1})).send().await?.error_for_status()?.bytes().await?;
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

async fn throughput(platform: &Platform, url: &str) -> Result<f64> {
    let began = Instant::now();
    let lane = || async {
        for _ in 0..CALLS / AT_ONCE {
            once(platform, url).await?;
        }
        anyhow::Ok(())
    };
    tokio::try_join!(lane(), lane(), lane(), lane(), lane(), lane(), lane(), lane())?;
    Ok((CALLS / AT_ONCE * AT_ONCE) as f64 / began.elapsed().as_secs_f64())
}

/// The port of the only function's Pod, as kubectl tells it.
fn process_port(data: &Path) -> Result<String> {
    let output = std::process::Command::new("kubectl")
        .args([
            "get",
            "pods",
            "-n",
            "default",
            "-o",
            "jsonpath={.items[?(@.status.phase==\"Running\")].metadata.annotations.cluster\\.local/port}",
        ])
        .env("KUBECONFIG", data.join("kubeconfig"))
        .output()?;
    let ports = String::from_utf8(output.stdout)?;
    ports.split_whitespace().last().map(str::to_owned).context("a running Pod with a port")
}
