//! Start to ready, and the memory of the idle platform.

use std::{path::Path, time::Duration};

use anyhow::Result;

use crate::{
    platform::Platform,
    report::{Report, median},
};

pub(crate) async fn measure(binary: &Path, report: &mut Report) -> Result<()> {
    let mut first = Vec::new();
    for _ in 0..3 {
        first.push(Platform::start(binary).await?.ready_after.as_secs_f64());
    }
    let platform = Platform::start(binary).await?;
    tokio::time::sleep(Duration::from_secs(10)).await;
    report.add(
        "server start to ready",
        format!("{:.2} s", median(&mut first)),
        "new data folder, median of 3",
        "2 s",
    );
    report.add(
        "idle memory of the whole platform",
        format!("{:.0} MB", platform.resident_mib() * 1.048_576),
        "resident, after 10 s",
        "120 MB",
    );
    Ok(())
}
