//! Foreign programs: in the sandbox, with their output in the log. The only file that starts one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use domain::build::FailureCategory;
use domain::log::{Level, Stream};
use sandbox::{Exit, Launcher, Limits, Network, Spec, Toolchain};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::failure::{Failure, OrInternal, Result};
use crate::log::Log;

/// Longest line that is logged whole.
const LINE_BYTES: usize = 16 * 1024;
/// Bytes of one program that are logged.
const LOG_BYTES: usize = 4 << 20;
/// Where the machine keeps the authorities that it trusts.
pub(crate) const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What programs are started with.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) launcher: Launcher,
    pub(crate) toolchain: Toolchain,
    /// Memory of one program and its children.
    pub(crate) memory_bytes: u64,
}

/// A program to run.
pub(crate) struct Program<'a> {
    pub(crate) command: &'a Path,
    pub(crate) args: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) read_only: Vec<PathBuf>,
    /// The one folder that it may write to, also for temporary files.
    pub(crate) folder: &'a Path,
    /// Where it starts.
    pub(crate) cwd: &'a Path,
    /// Ports that it may connect to.
    pub(crate) connect: Vec<u16>,
    /// What it works on.
    pub(crate) part: Part,
}

/// Ports of package registries.
pub(crate) const WEB: [u16; 2] = [80, 443];

/// The part of a build that a program does: what is its fault, and how much it may write.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Source,
    Dependencies,
}

impl Part {
    const fn disk_bytes(self) -> u64 {
        match self {
            // A repository, and once more as an archive.
            Self::Source => 1 << 30,
            Self::Dependencies => 2 << 30,
        }
    }

    fn ended(self, message: impl Into<String>) -> Failure {
        let category = match self {
            Self::Source => FailureCategory::SourceDenied,
            Self::Dependencies => FailureCategory::DependencyError,
        };
        Failure::new(category, message)
    }
}

/// How it went.
pub(crate) struct Finished {
    pub(crate) success: bool,
    /// Up to 1 MiB.
    pub(crate) stdout: String,
    /// Up to 1 MiB.
    pub(crate) stderr: String,
}

impl Tools {
    /// Runs the program; its output goes to the log too when there is one. Killed when this future
    /// is dropped. Only what is not the program's own doing is a failure.
    pub(crate) async fn run(&self, program: Program<'_>, log: Option<&Log>) -> Result<Finished> {
        let mut env = program.env;
        let own = program.folder.display().to_string();
        for (name, value) in [("PATH", self.toolchain.path()), ("HOME", own.clone()), ("TMPDIR", own)] {
            env.entry(name.to_owned()).or_insert(value);
        }
        if Path::new(CERTIFICATES).exists() {
            for name in ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"] {
                env.insert(name.to_owned(), CERTIFICATES.to_owned());
            }
        }
        let mut read_only = self.toolchain.read_only();
        read_only.extend(program.read_only);
        let spec = Spec {
            command: program.command.display().to_string(),
            args: program.args,
            env,
            cwd: program.cwd.to_owned(),
            read_only,
            writable: vec![program.folder.to_owned()],
            network: Network::Ports { connect: program.connect, bind: Vec::new() },
            limits: Limits {
                memory_bytes: Some(self.memory_bytes),
                processes: Some(256),
                open_files: Some(4096),
                disk_bytes: Some(program.part.disk_bytes()),
                ..Limits::default()
            },
            hostname: Some("build".to_owned()),
            ..Spec::default()
        };
        let mut running =
            self.launcher.spawn(spec).await.or_internal("The build's sandbox could not be started")?;
        let (stdout, stderr) = (running.stdout.take(), running.stderr.take());
        let budget = Arc::new(Mutex::new(LOG_BYTES));
        let (exit, stdout, stderr) = tokio::join!(
            running.wait(),
            read(stdout, Stream::Stdout, log, budget.clone()),
            read(stderr, Stream::Stderr, log, budget)
        );
        let ended = |category, message: &str| Err(Failure::new(category, message));
        match exit {
            Exit::Code(code) => Ok(Finished { success: code == 0, stdout, stderr }),
            Exit::OutOfMemory => ended(
                FailureCategory::OutOfMemory,
                &format!("The build took more than {} MiB of memory and was ended.", self.memory_bytes >> 20),
            ),
            Exit::TimedOut => {
                ended(FailureCategory::Timeout, "A step of the build took too long and was ended.")
            }
            Exit::DiskFull => {
                let (what, most) = match program.part {
                    Part::Source => ("repository takes", program.part.disk_bytes() >> 30),
                    Part::Dependencies => ("dependencies take", program.part.disk_bytes() >> 30),
                };
                Err(program.part.ended(format!("The {what} more than {most} GiB of disk space.")))
            }
            Exit::Signal(signal) => {
                Err(program.part.ended(format!("A program of the build was ended by signal {signal}.")))
            }
            Exit::NotStarted { message } => {
                Err(Failure::internal("A program of the build could not be started", message))
            }
        }
    }
}

async fn read(
    pipe: Option<impl AsyncRead + Unpin>,
    stream: Stream,
    log: Option<&Log>,
    budget: Arc<Mutex<usize>>,
) -> String {
    let Some(mut pipe) = pipe else { return String::new() };
    let (mut kept, mut open) = (Vec::new(), Vec::new());
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = pipe.read(&mut buffer).await {
        let bytes = &buffer[..count];
        kept.extend_from_slice(&bytes[..count.min((1usize << 20).saturating_sub(kept.len()))]);
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            open.extend_from_slice(part);
            if open.ends_with(b"\n") || open.len() >= LINE_BYTES {
                tell(log, stream, &budget, &open);
                open.clear();
            }
        }
    }
    if !open.is_empty() {
        tell(log, stream, &budget, &open);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

fn tell(log: Option<&Log>, stream: Stream, budget: &Mutex<usize>, line: &[u8]) {
    let Some(log) = log else { return };
    let text = String::from_utf8_lossy(line);
    // Progress bars come back to the start of their line.
    let text = text.trim_end_matches(['\n', '\r']).rsplit('\r').next().unwrap_or_default();
    let Ok(mut left) = budget.lock() else { return };
    if *left == 0 {
        return;
    }
    *left = left.saturating_sub(text.len() + 1);
    if *left == 0 {
        log.line(Stream::Platform, Level::Warn, "There is more output; it is left out.");
    } else if !text.is_empty() {
        log.line(stream, level(text), text);
    }
}

fn level(text: &str) -> Level {
    let start = text.trim_start().to_ascii_lowercase();
    if start.starts_with("error") || start.starts_with("npm err") {
        Level::Error
    } else if start.starts_with("warn") || start.starts_with("npm warn") || start.starts_with("deprecat") {
        Level::Warn
    } else {
        Level::Info
    }
}
