//! Warm calls through the gateway against the function's process directly.

use std::{net::SocketAddr, path::Path, time::Instant};

use anyhow::{Context, Result, bail};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    platform::Platform,
    report::{Report, Samples},
    wire::{self, Wire},
};

const CALLS: usize = 3_000;
/// Calls of one burst, how many bursts, and over how many connections.
const BURST: usize = 4_000;
const BURSTS: usize = 7;
const AT_ONCE: usize = 16;
const BODY: &str = "{\"n\":1}";

pub(crate) async fn measure(binary: &Path, report: &mut Report) -> Result<()> {
    let platform = Platform::start(binary).await?;
    let spec = json!({
        "source": {"type": "inline", "inline": {"code": "exports.handler = (event) => event;"}},
        "runtime": {"language": "nodejs"},
        "scaling": {"minReplicas": 1, "maxReplicas": 1, "containerConcurrency": 0},
    });
    platform.create("warm", spec).await?;
    platform.first_answer("warm").await?;
    let process = platform.kubernetes.addresses("warm").await?.pop().context("a running Pod with a port")?;
    let direct = Door { address: process, request: wire::request("POST", "/", &[], BODY) };
    let gateway =
        Door { address: platform.gateway, request: wire::request("POST", "/default/warm/", &[], BODY) };
    // The function's own just-in-time compiler must be through.
    for door in [&direct, &gateway] {
        door.burst().await?;
    }
    added(&direct, &gateway, report).await?;
    throughput(&direct, &gateway, report).await
}

/// Where calls go in.
#[derive(Clone)]
struct Door {
    address: SocketAddr,
    request: Vec<u8>,
}

impl Door {
    async fn once(&self, wire: &mut Wire) -> Result<f64> {
        let answer = wire.ask(&self.request).await?;
        if answer.status != 200 {
            bail!("a warm call was answered with {}", answer.status);
        }
        Ok(answer.whole.as_secs_f64() * 1e3)
    }

    /// Calls per second, over several connections at once.
    async fn burst(&self) -> Result<f64> {
        let mut wires = Vec::new();
        for _ in 0..AT_ONCE {
            wires.push(Wire::open(self.address).await?);
        }
        let began = Instant::now();
        let mut lanes = JoinSet::new();
        for mut wire in wires {
            let door = self.clone();
            lanes.spawn(async move {
                for _ in 0..BURST / AT_ONCE {
                    door.once(&mut wire).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(ended) = lanes.join_next().await {
            ended??;
        }
        Ok((BURST / AT_ONCE * AT_ONCE) as f64 / began.elapsed().as_secs_f64())
    }
}

async fn added(direct: &Door, gateway: &Door, report: &mut Report) -> Result<()> {
    let (mut wire, mut by_gateway, mut by_hand) =
        (Wire::open(direct.address).await?, Samples::new(), Samples::new());
    let mut through = Wire::open(gateway.address).await?;
    // By turns, so that both see the same machine.
    for _ in 0..CALLS {
        by_gateway.push(gateway.once(&mut through).await?);
        by_hand.push(direct.once(&mut wire).await?);
    }
    let more = by_gateway.median() - by_hand.median();
    report.add(
        "added by the gateway to a warm call, median",
        format!("{more:.2} ms"),
        format!(
            "directly {:.2} ms, through it {:.2} ms, {CALLS} each",
            by_hand.median(),
            by_gateway.median()
        ),
        "0.5 ms",
        more <= 0.5,
    );
    Ok(())
}

async fn throughput(direct: &Door, gateway: &Door, report: &mut Report) -> Result<()> {
    let (mut through, mut straight, mut shares) = (Samples::new(), Samples::new(), Samples::new());
    for _ in 0..BURSTS {
        let (one, other) = (gateway.burst().await?, direct.burst().await?);
        through.push(one);
        straight.push(other);
        shares.push(100.0 * one / other);
    }
    report.add(
        "throughput through the gateway",
        format!("{:.0}/s = {:.0} %", through.median(), shares.median()),
        format!(
            "directly {:.0}/s, {AT_ONCE} at once, {BURSTS} pairs of bursts: {} %",
            straight.median(),
            shares.spread(1.0, 0)
        ),
        "at least 50 %",
        shares.median() >= 50.0,
    );
    Ok(())
}
