//! A launcher on the test binary, and a way to run a few lines of Python or shell in it.

use std::time::Duration;

use sandbox::{Exit, Launcher, Limits, Network, Running, Spec, Toolchain};
use tokio::io::{AsyncRead, AsyncReadExt};

pub(crate) struct Outcome {
    pub(crate) exit: Exit,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) async fn launcher() -> Launcher {
    Launcher::new(env!("CARGO_BIN_EXE_sandbox-exec"), Vec::<String>::new()).await
}

#[expect(clippy::disallowed_methods, reason = "tests find the machine's interpreters")]
pub(crate) async fn toolchain() -> Toolchain {
    Toolchain::discover(&std::env::var("PATH").expect("a search path")).await
}

/// A function's limits.
pub(crate) fn limits() -> Limits {
    Limits {
        memory_bytes: Some(128 << 20),
        processes: Some(64),
        open_files: Some(256),
        tmp_bytes: Some(16 << 20),
        ..Limits::default()
    }
}

pub(crate) async fn python(code: &str) -> Spec {
    let tools = toolchain().await;
    let mut spec = shell("");
    spec.command = "python3".into();
    spec.args = vec!["-c".into(), code.into()];
    spec.env.insert("PATH".into(), tools.path());
    spec.read_only = tools.read_only();
    spec
}

pub(crate) fn shell(code: &str) -> Spec {
    Spec {
        command: "sh".into(),
        args: vec!["-c".into(), code.into()],
        limits: limits(),
        network: Network::Ports { connect: vec![443], bind: vec![] },
        timeout: Some(Duration::from_secs(20)),
        ..Spec::default()
    }
}

/// In a sandbox that was made before its program was known; the tests that make a launcher of their own
/// use one that was not.
pub(crate) async fn run(spec: Spec) -> Outcome {
    let launcher = launcher().await;
    launcher.prepare().await;
    finish(launcher.spawn(spec).await.expect("a sandbox")).await
}

pub(crate) async fn finish(mut running: Running) -> Outcome {
    let (stdout, stderr) = (running.stdout.take().expect("stdout"), running.stderr.take().expect("stderr"));
    let (exit, stdout, stderr) = tokio::join!(running.wait(), text(stdout), text(stderr));
    Outcome { exit, stdout, stderr }
}

async fn text(mut stream: impl AsyncRead + Unpin) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.expect("output");
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Outcome {
    /// The output of a program that ended well.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.exit, Exit::Code(0), "{}{}", self.stdout, self.stderr);
        self.stdout
    }
}
