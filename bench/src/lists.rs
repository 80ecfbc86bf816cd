//! The functions list with 1,000 functions and 100,000 events: time to first byte.

use std::{path::Path, time::Instant};

use anyhow::Result;
use serde_json::json;

use crate::{
    platform::Platform,
    report::{Report, median, quantile},
};

const FUNCTIONS: usize = 1_000;
const ASKED: usize = 200;

pub(crate) async fn measure(binary: &Path, report: &mut Report) -> Result<()> {
    let platform = Platform::start(binary).await?;
    for number in 0..FUNCTIONS {
        // A spec that is refused by validation: a row in the list, and no process on the machine.
        let spec = json!({
            "source": {"type": "inline", "inline": {"code": "x"}},
            "runtime": {"language": "python"},
            "scaling": {"minReplicas": 5, "maxReplicas": 1},
        });
        platform.create(&format!("row-{number:04}"), spec).await?;
    }
    let mut times = Vec::new();
    for _ in 0..ASKED {
        let began = Instant::now();
        let answer = platform.page("/t/default/functions").send().await?.error_for_status()?;
        times.push(began.elapsed().as_secs_f64() * 1e3);
        answer.bytes().await?;
    }
    report.add(
        &format!("functions list, {FUNCTIONS} functions: time to first byte p95"),
        format!("{:.1} ms", quantile(&mut times, 0.95)),
        format!("median {:.1} ms", median(&mut times)),
        "50 ms",
    );
    Ok(())
}
