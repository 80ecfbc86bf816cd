//! Upload to first answer, cold start, and a rebuild with unchanged dependencies.

use std::{
    io::Write,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use reqwest::Method;
use serde_json::json;

use crate::{
    platform::Platform,
    report::{Report, median},
};

const CODE: &str =
    "def handler(event, context):\n    return {\"hello\": (event or {}).get(\"name\", \"world\")}\n";
const ROUNDS: usize = 5;

/// A zip of about 10 KiB: the handler and data that does not compress.
fn archive() -> Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("main.py", options)?;
    zip.write_all(CODE.as_bytes())?;
    zip.start_file("data.txt", options)?;
    let mut state = 1_u64;
    let noise: String = (0..12_000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'!' + ((state >> 33) % 90) as u8)
        })
        .collect();
    zip.write_all(noise.as_bytes())?;
    Ok(zip.finish()?.into_inner())
}

pub(crate) async fn measure(binary: &Path, report: &mut Report) -> Result<()> {
    let platform = Platform::start(binary).await?;
    let zip = archive()?;
    let mut uploads = Vec::new();
    for round in 0..ROUNDS {
        uploads.push(upload(&platform, &format!("upload-{round}"), &zip).await?);
    }
    let mut hand = Vec::new();
    let folder = unpacked(platform.data.path()).context("the unpacked image of the function")?;
    for _ in 0..ROUNDS {
        hand.push(hand_start(&platform, &folder).await?);
    }
    let mut cold = Vec::new();
    for round in 0..ROUNDS {
        let name = format!("upload-{round}");
        platform.scaled_to_zero(&name).await?;
        let began = Instant::now();
        platform.first_answer(&name).await?;
        cold.push(began.elapsed().as_secs_f64());
    }
    let (upload, hand, cold) = (median(&mut uploads), median(&mut hand), median(&mut cold));
    let by_hand = format!("hand start {:.0} ms", hand * 1e3);
    report.add(
        "upload of a 10 KiB zip → first 200",
        format!("{upload:.2} s = {:.1} ×", upload / hand),
        &*by_hand,
        "4 ×, and 2 s",
    );
    report.add(
        "cold start, from zero to the answer",
        format!("{:.0} ms = {:.2} ×", cold * 1e3, cold / hand),
        by_hand,
        "1.5 ×",
    );
    Ok(())
}

async fn upload(platform: &Platform, name: &str, zip: &[u8]) -> Result<f64> {
    let began = Instant::now();
    let spec = json!({
        "source": {"type": "inline", "inline": {"code": "def handler(event): pass"}},
        "runtime": {"language": "python"},
        "scaling": {"scaleToZeroGracePeriod": "1s"},
    });
    let path = format!("/functions/{name}/code?language=python&create=true");
    let answer = platform.request(Method::PUT, &path).body(zip.to_vec()).send().await?;
    if answer.status() == 404 {
        platform.create(name, spec).await?;
        let again = platform.request(Method::PUT, &path).body(zip.to_vec()).send().await?;
        if !again.status().is_success() {
            bail!("upload: {} {}", again.status(), again.text().await?);
        }
    }
    platform.first_answer(name).await?;
    Ok(began.elapsed().as_secs_f64())
}

/// The newest unpacked image below the data folder: where the wrapper stands.
fn unpacked(data: &Path) -> Option<PathBuf> {
    let mut folders = vec![data.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).ok()?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                if path.ends_with("function") && path.join("main.py").exists() {
                    return Some(path);
                }
                folders.push(path);
            }
        }
    }
    None
}

/// The same wrapper started by hand, to its first answer.
async fn hand_start(platform: &Platform, folder: &Path) -> Result<f64> {
    let wrapper = std::fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .chain(
            std::fs::read_dir(folder.join("_kl")).into_iter().flatten().flatten().map(|entry| entry.path()),
        )
        .find(|path| path.extension().is_some_and(|end| end == "py") && !path.ends_with("main.py"))
        .context("the wrapper beside the code")?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let began = Instant::now();
    let mut child = Command::new("python3")
        .arg(wrapper)
        .current_dir(folder)
        .env("PORT", port.to_string())
        .env("HOST", "127.0.0.1")
        .env("KL_HANDLER", "main.handler")
        .env("KL_TENANT", "default")
        .env("KL_FUNCTION", "hand")
        .stdout(Stdio::null())
        .spawn()?;
    let mut elapsed = None;
    while began.elapsed() < Duration::from_secs(10) && elapsed.is_none() {
        let call = platform.http.post(format!("http://127.0.0.1:{port}/")).json(&json!({"name": "bench"}));
        if call.send().await.is_ok_and(|answer| answer.status() == 200) {
            elapsed = Some(began.elapsed().as_secs_f64());
        } else {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    child.kill()?;
    child.wait()?;
    elapsed.context("the wrapper did not answer")
}
