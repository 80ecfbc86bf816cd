//! Upload to first answer, and cold start.

use std::{io::Write, path::Path, time::Instant};

use anyhow::{Result, bail};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    hand::Hand,
    platform::Platform,
    report::{Report, Samples},
};

const CODE: &str =
    "def handler(event, context):\n    return {\"hello\": (event or {}).get(\"name\", \"world\")}\n";
const ROUNDS: usize = 9;

/// A zip of about 10 KiB: the handler and data that does not compress, another one for each `seed`.
fn archive(seed: usize) -> Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("main.py", options)?;
    zip.write_all(CODE.as_bytes())?;
    zip.start_file("data.txt", options)?;
    let mut state = seed as u64;
    let noise: String = (0..12_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            char::from(b'!' + ((state >> 33) % 90) as u8)
        })
        .collect();
    zip.write_all(noise.as_bytes())?;
    Ok(zip.finish()?.into_inner())
}

pub(crate) async fn measure(binary: &Path, report: &mut Report) -> Result<()> {
    let platform = Platform::start(binary).await?;
    // Not counted: it is what the start by hand is made of, and warms the machine up for both.
    upload(&platform, "warm-up", &archive(0)?).await?;
    let hand = Hand::new(&platform.image_with("main.py")?).await?;
    let name = |round: usize| format!("upload-{round}");
    // By turns, so that both see the same machine.
    let (mut uploads, mut hands) = (Samples::new(), Samples::new());
    for round in 1..=ROUNDS {
        uploads.push(upload(&platform, &name(round), &archive(round)?).await?);
        hands.push(hand.start().await?);
    }
    let (seconds, times) = (uploads.median(), uploads.median() / hands.median());
    report.add(
        "upload of a 10 KiB python zip → first 200",
        format!("{seconds:.2} s = {times:.1} ×"),
        format!("{}; uploads {} s", by_hand(&hands), uploads.spread(1.0, 2)),
        "4 ×, and 2 s",
        times <= 4.0 && seconds <= 2.0,
    );

    for round in 1..=ROUNDS {
        platform.scaled_to_zero(&name(round)).await?;
    }
    let (mut cold, mut hands) = (Samples::new(), Samples::new());
    for round in 1..=ROUNDS {
        let began = Instant::now();
        platform.first_answer(&name(round)).await?;
        cold.push(began.elapsed().as_secs_f64());
        hands.push(hand.start().await?);
    }
    let times = cold.median() / hands.median();
    report.add(
        "cold start, from zero to the answer",
        format!("{:.0} ms = {times:.2} ×", cold.median() * 1e3),
        format!("{}; cold starts {} ms", by_hand(&hands), cold.spread(1e3, 0)),
        "1.5 ×",
        times <= 1.5,
    );
    Ok(())
}

fn by_hand(hands: &Samples) -> String {
    format!("started by hand {:.0} ms ({})", hands.median() * 1e3, hands.spread(1e3, 0))
}

/// What the create page does with an archive.
async fn upload(platform: &Platform, name: &str, zip: &[u8]) -> Result<f64> {
    let began = Instant::now();
    let sent = platform.request(Method::POST, "/t/default/uploads?filename=code.zip").body(zip.to_vec());
    let receipt: Value = sent.send().await?.error_for_status()?.json().await?;
    let form = json!({"tenant": "default", "new": {
        "name": name, "language": "python", "handler": "main.handler",
        "code": {"from": "upload", "upload": receipt["id"]},
    }});
    let answer = platform.request(Method::POST, "/fn/functions/create").json(&form).send().await?;
    if !answer.status().is_success() {
        bail!("create {name}: {} {}", answer.status(), answer.text().await?);
    }
    platform.first_answer(name).await?;
    Ok(began.elapsed().as_secs_f64())
}
