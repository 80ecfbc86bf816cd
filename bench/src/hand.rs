//! A function's wrapper started by hand: the same interpreter, files, arguments and variables as in the
//! platform, without it.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::wire::{self, Wire};

pub(crate) struct Hand {
    /// The interpreter itself, not a version manager's script in front of it.
    python: String,
    folder: TempDir,
}

impl Hand {
    /// Copies `image`, so that nothing that happens here changes what the platform runs.
    pub(crate) async fn new(image: &Path) -> Result<Self> {
        let asked = Command::new("python3")
            .args(["-c", "import os,sys;print(os.path.realpath(sys.executable))"])
            .output()
            .context("python3 is needed")?;
        let python = String::from_utf8(asked.stdout)?.trim().to_owned();
        let folder = tempfile::tempdir()?;
        copy(image, folder.path())?;
        let hand = Self { python, folder };
        // The first start compiles the modules and is not counted.
        hand.start().await?;
        Ok(hand)
    }

    /// From the start of the process to the end of its first answer.
    pub(crate) async fn start(&self) -> Result<f64> {
        let address: SocketAddr = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let call = wire::request("POST", "/", &[], "{\"name\":\"bench\"}");
        let began = Instant::now();
        let mut child = Command::new(&self.python)
            .args(["-I", "-S"])
            .arg(self.folder.path().join(".runtime/wrapper.py"))
            .current_dir(self.folder.path())
            .env_clear()
            .envs([("PATH", "/usr/local/bin:/usr/bin:/bin"), ("HOME", "/tmp"), ("LANG", "C.UTF-8")])
            .envs([("KL_HANDLER", "main.handler"), ("KL_TENANT", "default"), ("KL_FUNCTION", "hand")])
            .envs([("HOST", "127.0.0.1".to_owned()), ("PORT", address.port().to_string())])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let answered = async {
            loop {
                match Wire::open(address).await {
                    Ok(mut wire) => break anyhow::Ok(wire.ask(&call).await?.status),
                    Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
                }
            }
        };
        let answered = tokio::time::timeout(Duration::from_secs(30), answered).await;
        let elapsed = began.elapsed().as_secs_f64();
        child.kill()?;
        child.wait()?;
        match answered.context("the wrapper started by hand did not answer")?? {
            200 => Ok(elapsed),
            status => bail!("the wrapper started by hand answered with {status}"),
        }
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target: PathBuf = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
