//! The functions list with 1,000 functions and 100,000 events: time to first byte.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result, bail};
use domain::{
    FunctionName, TenantName, Timestamp,
    event::{CloudEvent, EventType, ParserStarted},
};
use reqwest::Method;
use serde_json::json;
use store::NewEvent;

use crate::{
    platform::{Platform, manifest},
    report::{Report, Samples},
    wire::{self, Wire},
};

const FUNCTIONS: usize = 1_000;
const EVENTS: usize = 100_000;
const ASKED: usize = 200;

pub(crate) async fn measure(binary: &Path, report: &mut Report) -> Result<()> {
    let platform = Platform::start(binary).await?;
    for number in 0..FUNCTIONS {
        // Valid for the API, refused by the operator: a row in the list, and no process on the machine.
        let spec = json!({
            "source": {"type": "inline", "inline": {"code": "def handler(event): pass"}},
            "runtime": {"language": "python"},
            "scaling": {"minReplicas": 5, "maxReplicas": 1},
        });
        let path = "/apis/lambda.knative.io/v1alpha1/namespaces/default/lambdafunctions";
        platform.kubernetes.ask(Method::POST, path, Some(&manifest(&name(number), &spec))).await?;
    }
    let data = platform.stop()?;
    fill(data.path()).await?;
    let platform = Platform::start_in(binary, data).await?;
    settled(&platform).await?;

    let bearer = format!("Bearer {}", platform.token);
    let headers = [("accept", "text/html"), ("authorization", bearer.as_str())];
    let request = wire::request("GET", "/t/default/functions", &headers, "");
    let mut wire = Wire::open(platform.dashboard).await?;
    let mut times = Samples::new();
    for _ in 0..ASKED {
        let answer = wire.ask(&request).await?;
        if answer.status != 200 {
            bail!("the functions list was answered with {}", answer.status);
        }
        times.push(answer.first_byte.as_secs_f64() * 1e3);
    }
    let p95 = times.quantile(0.95);
    report.add(
        "functions list, 1,000 functions, 100,000 events: time to first byte, p95",
        format!("{p95:.1} ms"),
        format!("median {:.1} ms, {ASKED} pages: {} ms", times.median(), times.spread(1.0, 1)),
        "50 ms",
        p95 <= 50.0,
    );
    Ok(())
}

fn name(number: usize) -> String {
    format!("row-{number:04}")
}

/// Rows as the recorder writes them, while nobody else has the file open.
async fn fill(data: &Path) -> Result<()> {
    let file = database(data)?;
    let store = store::open(&format!("sqlite:{}", file.display())).await?;
    let tenant: TenantName = "default".parse()?;
    let start = Timestamp::from_millis(1_760_000_000_000);
    let mut batch = Vec::new();
    for number in 0..EVENTS {
        let function: FunctionName = name(number % FUNCTIONS).parse()?;
        let at = start.plus_millis(number as i64 * 100);
        let id = format!("call-{number}");
        let data = ParserStarted { invocation_id: id.clone(), trigger: "http".to_owned(), attempt: 1 };
        let event = CloudEvent::about(EventType::ParserStarted, "gateway", &tenant, &function, id, at, &data);
        batch.push(NewEvent { tenant: tenant.clone(), function: Some(function), received_at: at, event });
        if batch.len() == 5_000 {
            store.append_events(&std::mem::take(&mut batch)).await?;
        }
    }
    store.append_events(&batch).await?;
    store.close().await;
    Ok(())
}

/// The platform's rows below its data folder.
pub(crate) fn database(data: &Path) -> Result<std::path::PathBuf> {
    let files = std::fs::read_dir(data)?.flatten().map(|entry| entry.path());
    files
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "db" || end == "sqlite"))
        .context("a database in the data folder")
}

/// Waits until the operator has looked at every function: what is measured is reading.
async fn settled(platform: &Platform) -> Result<()> {
    let last = format!("/functions/{}", name(FUNCTIONS - 1));
    for _ in 0..600 {
        if platform.read(&last).await?["status"]["phase"] == "Failed" {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the operator did not look at all functions within a minute: {}", platform.read(&last).await?)
}
