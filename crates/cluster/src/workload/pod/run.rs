//! One run of one container: from a started process to its end.

use std::path::PathBuf;
use std::time::Duration;

use sandbox::{Control, Exit, Running, Spec};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::probe::{Finding, Prober, Teller};
use crate::workload::logs::{Run, capture};

/// How long output may still come when the process has ended: something it left behind may hold the pipe.
/// Whoever sees the end of a Pod reads a complete log, so this is long enough for a busy machine.
const LAST_WORDS: Duration = Duration::from_secs(20);

/// What a worker is told about a run.
pub(super) enum Message {
    Found { container: usize, run: i32, finding: Finding },
    Ended { container: usize, run: i32, exit: Exit },
}

/// A process as its worker holds it.
pub(super) struct Process {
    pub(super) control: Control,
    pub(super) since: Instant,
    /// It has been asked to end and is killed at this time.
    pub(super) kill_at: Option<Instant>,
    pub(super) message: PathBuf,
    probing: CancellationToken,
}

impl Process {
    /// Asks it to end, once; `grace` later it is killed.
    pub(super) fn stop(&mut self, grace: Duration) -> bool {
        if self.kill_at.is_some() {
            return false;
        }
        self.probing.cancel();
        self.kill_at = Some(Instant::now() + grace);
        if grace.is_zero() {
            self.control.kill();
        } else {
            self.control.signal(sandbox::Signal::SIGTERM);
        }
        true
    }

    /// Kills it if its time is over.
    pub(super) fn enforce(&self, now: Instant) {
        if self.kill_at.is_some_and(|at| at <= now) {
            self.control.kill();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.probing.cancel();
        self.control.kill();
    }
}

/// What is needed to look after a process that was just started.
pub(super) struct Began {
    pub(super) running: Running,
    pub(super) spec: Spec,
    pub(super) container: usize,
    pub(super) run: Run,
    pub(super) message: PathBuf,
    pub(super) port: u16,
    pub(super) messages: mpsc::Sender<Message>,
}

/// Keeps its output, asks its probes, and tells of its end.
pub(super) fn look_after(
    shared: &Shared,
    began: Began,
    template: &k8s_openapi::api::core::v1::Container,
) -> Process {
    let Began { mut running, spec, container, run, message, port, messages } = began;
    let probing = CancellationToken::new();
    let process = Process {
        control: running.control(),
        since: Instant::now(),
        kill_at: None,
        message,
        probing: probing.clone(),
    };
    let number = run.number;
    if has_probes(template) {
        let launcher = shared.config.launcher.clone();
        let teller = Teller { messages: messages.clone(), container, run: number };
        let prober = Prober { container: template.clone(), port, launcher, spec, teller };
        shared.tasks.spawn(async move { probing.run_until_cancelled(Box::pin(prober.run())).await });
    }
    let output = running.stdout.take().zip(running.stderr.take());
    let (logs, clock, limit) =
        (shared.logs.clone(), shared.handle.api().clock.clone(), shared.config.log_bytes);
    shared.tasks.spawn(async move {
        let printing = async {
            if let Some((stdout, stderr)) = output {
                capture(logs, run, clock, limit, stdout, stderr).await;
            }
        };
        tokio::pin!(printing);
        let mut printed = false;
        let exit = loop {
            tokio::select! {
                exit = running.wait() => break exit,
                () = &mut printing, if !printed => printed = true,
            }
        };
        if !printed {
            let _ = timeout(LAST_WORDS, &mut printing).await;
        }
        let _ = messages.send(Message::Ended { container, run: number, exit }).await;
    });
    process
}

pub(super) fn has_probes(container: &k8s_openapi::api::core::v1::Container) -> bool {
    container.readiness_probe.is_some()
        || container.liveness_probe.is_some()
        || container.startup_probe.is_some()
}
