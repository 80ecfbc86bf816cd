//! Start to ready, and the memory of the idle platform.

use std::{path::Path, time::Duration};

use anyhow::Result;

use crate::{
    platform::Platform,
    report::{Report, Samples},
};

const STARTS: usize = 7;
/// After it, nothing of the start is under way.
const REST: Duration = Duration::from_secs(15);

pub(crate) async fn measure(binary: &Path, report: &mut Report) -> Result<()> {
    let mut starts = Samples::new();
    for _ in 0..STARTS {
        starts.push(Platform::start(binary).await?.ready_after.as_secs_f64());
    }
    report.add(
        "server start to ready",
        format!("{:.2} s", starts.median()),
        format!("new data folder, {STARTS} starts: {} s", starts.spread(1.0, 2)),
        "2 s",
        starts.median() <= 2.0,
    );
    let platform = Platform::start(binary).await?;
    tokio::time::sleep(REST).await;
    let memory = platform.resident_mb();
    report.add(
        "idle memory of the whole platform",
        format!("{memory:.0} MB"),
        "resident, all processes, 15 s after the start".to_owned(),
        "120 MB",
        memory <= 120.0,
    );
    Ok(())
}
